/**
 * Pods that ask the service from inside the cluster: Node programs in the service's own image, the load program among them.
 * They run on the control plane, which no test drains or pauses, and ask Services by their addresses, so that what is
 * measured is the service and not the cluster's DNS.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { V1Container, V1Pod } from '@kubernetes/client-node';

import { change, CONTROL_PLANE, kubectl, target, waitFor } from './cluster.ts';
import { contentImage } from '../../infra/cluster/image.ts';
import type { LoadReport } from '../load/report.ts';

/** The namespace of the callers. */
export const CALLERS = 'callers';
export const NODE_IMAGE = contentImage();

const PROGRAMS = 'programs';
const PROGRAM_FILES = [
  'load/main.ts',
  'load/load.ts',
  'load/latencies.ts',
  'load/report.ts',
  'cluster/hasty-server.ts',
];

export async function openCallers(): Promise<void> {
  const files = PROGRAM_FILES.map((file) => [basename(file), readFileSync(join('test', file), 'utf8')]);
  await change(
    'apply',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: CALLERS } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: PROGRAMS, namespace: CALLERS },
      data: Object.fromEntries(files),
    },
  );
}

/** What makes a pod run Node with the programs in /programs, where its namespace has them. */
export function nodePodSpec(args: readonly string[], container: Partial<V1Container> = {}) {
  return {
    terminationGracePeriodSeconds: 20,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'node',
        image: NODE_IMAGE,
        args: [...args],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        volumeMounts: [{ name: PROGRAMS, mountPath: `/${PROGRAMS}` }],
        ...container,
      },
    ],
    volumes: [{ name: PROGRAMS, configMap: { name: PROGRAMS, optional: true } }],
  };
}

export function caller(name: string, namespace: string, args: readonly string[], labels: Record<string, string> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: { ...nodePodSpec(args), nodeName: CONTROL_PLANE, restartPolicy: 'Never' },
  };
}

/** Resolves once the pods' containers run. */
export async function waitForCallers(...pods: ReturnType<typeof caller>[]): Promise<void> {
  for (const { metadata } of pods) {
    await waitFor(`the pod ${metadata.name} to run`, 60, async () => {
      const pod = await target.get<V1Pod>('pod', metadata.name, '--namespace', metadata.namespace);
      return pod.status?.phase === 'Running';
    });
  }
}

/** Where a Service answers within the cluster. */
export async function addressOf(service: string, namespace: string): Promise<string> {
  const spec = '{.spec.clusterIP}:{.spec.ports[0].port}';
  return `http://${await kubectl('get', 'service', service, '--namespace', namespace, '--output', `jsonpath=${spec}`)}`;
}

/** Load that runs in a pod, until it is stopped or disposed of. */
export interface PodLoad extends AsyncDisposable {
  stop(): Promise<LoadReport>;
}

/** @param options of the load program */
export async function startPodLoad(url: string, options: Readonly<Record<string, number>>): Promise<PodLoad> {
  const all = { url, seconds: 900, requests: 10_000_000, ...options };
  const args = Object.entries(all).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const pod = caller('load', CALLERS, ['/programs/main.ts', '--json', ...args]);
  await change('apply', pod);
  await waitForCallers(pod);
  const logs = execFile('kubectl', target.kubectl('logs', '--namespace', CALLERS, '--follow', 'load'));
  const output = Promise.all([text(logs.stdout!), once(logs, 'close')]);
  return {
    async stop() {
      await change('delete', pod);
      const [report] = await output;
      return JSON.parse(report) as LoadReport;
    },
    [Symbol.asyncDispose]: () => change('delete', pod),
  };
}
