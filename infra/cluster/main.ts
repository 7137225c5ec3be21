/** The commands of the Makefile that have to do with a cluster or a release. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Advice, show } from './command.ts';
import { deploy, pullableImage, rollBack, undeploy } from './deploy.ts';
import { buildImage, pushImage } from './image.ts';
import { createCluster, deleteCluster, loadImage, serviceUrl } from './kind.ts';
import { showStatus } from './status.ts';
import { findTarget, type Target } from './target.ts';
import { DEFAULT_PORTS } from '../../app/config.ts';
import { pinImage } from '../pin.ts';
import { selectorLabels, selectorText } from '../labels.ts';
import { SERVICE_PORTS } from '../service.ts';

const TABLE = join(import.meta.dirname, '../environments.ts');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    env: { type: 'string' },
    context: { type: 'string' },
    image: { type: 'string' },
    registry: { type: 'string' },
    'kind-image': { type: 'string' },
  },
});

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  up: async () => {
    // The build waits for the network for a good part of its time, and the cluster for its nodes.
    await Promise.all([createCluster(values['kind-image']), buildImage()]);
    await deployTo(await findTarget());
    await waitForAnswer(`${serviceUrl()}/time`);
  },
  down: deleteCluster,
  deploy: async () => deployTo(await findTarget(values.env, values.context)),
  rollback: async () => rollBack(await findTarget(values.env, values.context)),
  undeploy: async () => undeploy(await findTarget(values.env, values.context)),
  status: async () => showStatus(await findTarget(values.env, values.context)),
  logs: async () => {
    const target = await findTarget(values.env, values.context);
    const selector = selectorText(selectorLabels(target.environment));
    const flags = ['--follow', '--prefix', '--tail=20', '--max-log-requests=50', `--selector=${selector}`];
    await show('kubectl', target.kubectl('logs', ...flags));
  },
  'port-forward': async () => {
    const target = await findTarget(values.env, values.context);
    const ports = [`${DEFAULT_PORTS.http}:${SERVICE_PORTS.http}`, `${DEFAULT_PORTS.grpc}:${SERVICE_PORTS.grpc}`];
    await show('kubectl', target.kubectl('port-forward', `service/${target.environment.name}`, ...ports));
  },
  pin: async () => writeFileSync(TABLE, pinImage(readFileSync(TABLE, 'utf8'), values.image ?? '')),
  push: async () => {
    if (values.registry === undefined) throw new Advice('Say where to: make push REGISTRY=images.example.org/team.');
    await pushImage(values.registry);
  },
};

async function deployTo(target: Target): Promise<void> {
  await deploy(target, values.image ?? (await presentImage(target)));
}

/** The image to deploy where none is named: of the present content on kind, which has no registry; else the released one. */
async function presentImage(target: Target): Promise<string> {
  if (target.kindCluster === undefined) return pullableImage(target);
  const image = await buildImage();
  await loadImage(target.kindCluster, image);
  return image;
}

/** A node port answers a moment after the pods are ready. */
async function waitForAnswer(url: string): Promise<void> {
  for (let attempts = 20; attempts > 0; attempts--) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) {
      console.log(`${url} answers: ${await answer.text()}`);
      return;
    }
    await delay(500);
  }
  throw new Advice(`The pods are ready, but ${url} does not answer.`);
}

try {
  const command = COMMANDS[positionals[0] ?? ''];
  if (!command) throw new Advice(`Expected one of ${Object.keys(COMMANDS).join(', ')}, got "${positionals[0] ?? ''}".`);
  await command();
} catch (error) {
  if (!(error instanceof Advice)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
