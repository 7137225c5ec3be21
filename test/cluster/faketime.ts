/**
 * The service under libfaketime, which adds to the clock of one pod what it reads from a file there: all nodes of a kind
 * cluster have the clock of this machine, and this steps one while it runs.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { V1Pod } from '@kubernetes/client-node';

import { CLUSTER_NAME, kubectl, NAME, REPLICAS, runInPod, WORK_FOLDER } from './cluster.ts';
import { capture } from '../../infra/cluster/command.ts';
import { buildImage } from '../../infra/cluster/image.ts';
import { loadImage } from '../../infra/cluster/kind.ts';
import { CONTAINER_NAME } from '../../infra/deployment.ts';
import { findLibfaketime } from '../clock/libfaketime.ts';
import { needTool } from '../outside-tool.ts';

const IMAGE = 'time-service:faketime';
const LIBRARY = '/usr/local/lib/libfaketime.so.1';
const OFFSET_FILE = '/faketime/offset';

/** Replaces the pods by those whose clocks can be set, until a redeploy. */
export async function deployFaketime(context: Mocha.Context): Promise<void> {
  needTool(context, 'faketime', 'install the Debian package faketime');
  const folder = join(WORK_FOLDER, 'faketime');
  mkdirSync(folder, { recursive: true });
  copyFileSync(findLibfaketime(), join(folder, 'libfaketime.so.1'));
  const dockerfile = `FROM ${await buildImage()}\nCOPY --chmod=755 libfaketime.so.1 ${LIBRARY}\n`;
  await capture('docker', ['build', '--quiet', '--tag', IMAGE, '--file', '-', folder], dockerfile);
  await loadImage(CLUSTER_NAME, IMAGE);
  const variables = {
    LD_PRELOAD: LIBRARY,
    FAKETIME_TIMESTAMP_FILE: OFFSET_FILE,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  const container = {
    name: CONTAINER_NAME,
    image: IMAGE,
    env: Object.entries(variables).map(([name, value]) => ({ name, value })),
    volumeMounts: [{ name: 'faketime', mountPath: '/faketime' }],
  };
  // What tests ask of the pods takes processor time that the autoscaler would answer with more pods.
  await kubectl('patch', 'hpa', NAME, '--patch', JSON.stringify({ spec: { maxReplicas: REPLICAS.min } }));
  const pod = { spec: { containers: [container], volumes: [{ name: 'faketime', emptyDir: {} }] } };
  await kubectl('patch', 'deployment', NAME, '--patch', JSON.stringify({ spec: { template: pod } }));
  await kubectl('rollout', 'status', `deployment/${NAME}`, '--timeout', '180s');
}

/** @param offset as faketime(1) has it: `+0.25` is a quarter of a second fast */
export async function setOffset(pod: V1Pod, offset: string): Promise<void> {
  await runInPod(pod.metadata!.name!, `fs.writeFileSync('${OFFSET_FILE}', '${offset}')`);
}
