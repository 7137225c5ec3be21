/** A deploy that cannot work must stop by itself, say why, and leave a service that even heals while it is stuck. */
import assert from 'node:assert/strict';

import type { V1Pod } from '@kubernetes/client-node';

import {
  kubectl,
  make,
  makeOrThrow,
  readServingPods,
  target,
  waitFor,
  waitForFewestPods,
  waitForPods,
} from './cluster.ts';
import { checkoutWithVariables } from './other-checkout.ts';
import { startServiceLoad } from './service-load.ts';
import { readInstall } from '../../infra/cluster/install.ts';

const RATE = 300;
const MISSING_IMAGE = 'time-service:no-such-tag';
/** An address that is nobody's (RFC 5737): it passes for a host, and cannot be listened on. */
const WRONG_HOST = '192.0.2.1';

describe('a deploy', () => {
  it('of a broken image stops, says why, and is healed by a rollback', async () => {
    await expectStuck(() => make('deploy', { image: MISSING_IMAGE }), /cannot start[^]*no-such-tag/);
  });

  it('of a wrong configuration value stops, says why, and is healed by a rollback', async () => {
    const folder = await checkoutWithVariables('wrong-host', { HOST: WRONG_HOST });
    await expectStuck(() => make('deploy', { folder }), /cannot start[^]*listen EADDRNOTAVAIL[^]*192\.0\.2\.1/);
  });
});

async function expectStuck(deploy: () => ReturnType<typeof make>, reason: RegExp): Promise<void> {
  const old = await waitForFewestPods();
  const before = await readNotes();
  await using load = await startServiceLoad(RATE);
  const { code, output } = await deploy();
  assert.notEqual(code, 0);
  assert.match(output, reason);
  assert.deepEqual(namesOf(await readServingPods()), namesOf(old));

  const [killed] = namesOf(old);
  await kubectl('delete', 'pod', killed!);
  await waitFor('as many old pods as before', 60, async () => (await readServingPods()).length === old.length);
  const template = ({ metadata }: V1Pod) => metadata!.labels!['pod-template-hash'];
  const templates = new Set([...old, ...(await readServingPods())].map(template));
  assert.equal(templates.size, 1);

  await makeOrThrow('rollback');
  const healed = await waitForPods();
  assert.deepEqual(new Set(healed.map(template)), templates);
  assert.deepEqual(await readNotes(), before);
  await load.expectNoFailure();
}

/** What the Deployment is labelled and annotated with, but for the count of its revisions. */
async function readNotes(): Promise<unknown> {
  const { labels, annotations } = (await readInstall(target)).deployment.metadata!;
  const { 'deployment.kubernetes.io/revision': _, ...kept } = annotations!;
  return { labels, annotations: kept };
}

function namesOf(pods: readonly V1Pod[]): string[] {
  return pods.map(({ metadata }) => metadata!.name!).toSorted();
}
