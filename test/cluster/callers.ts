/**
 * Pods that ask the service from inside the cluster: Node programs in the service's own image, the load program among them.
 * They run on the control plane, which no test drains or pauses, and ask Services by their addresses, so that what is
 * measured is the service and not the cluster's DNS.
 */
import { basename } from 'node:path';

import type { V1Container, V1Pod } from '@kubernetes/client-node';
import { build } from 'esbuild';

import { change, CONTROL_PLANE, kubectl, runInPod, target, waitFor } from './cluster.ts';
import { contentImage } from '../../infra/cluster/image.ts';
import type { LoadReport } from '../load/report.ts';

/** The namespace of the callers. */
export const CALLERS = 'callers';
export const NODE_IMAGE = contentImage();

const PROGRAMS = 'programs';

/** Puts the programs where pods find them, each as one file, because the image has no packages. */
export async function openCallers(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: {
      load: 'test/load/main.ts',
      'hasty-server': 'test/cluster/hasty-server.ts',
      'ntp-server': 'test/cluster/ntp-server.ts',
    },
    outdir: PROGRAMS,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    write: false,
  });
  await change(
    'apply',
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: CALLERS } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: PROGRAMS, namespace: CALLERS },
      data: Object.fromEntries(outputFiles.map(({ path, text: program }) => [basename(path), program])),
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
export async function waitForCallers(...pods: Pick<ReturnType<typeof caller>, 'metadata'>[]): Promise<void> {
  for (const { metadata } of pods) {
    await waitFor(`the pod ${metadata.name} to run`, 60, async () => {
      const pod = await target.get<V1Pod>('pod', metadata.name, '--namespace', metadata.namespace);
      return pod.status?.phase === 'Running';
    });
  }
}

/** Where a port of a Service answers within the cluster. */
export async function addressOf(
  service: string,
  port: string,
  namespace = target.environment.namespace,
): Promise<string> {
  const spec = `{.spec.clusterIP}:{.spec.ports[?(@.name=="${port}")].port}`;
  return kubectl('get', 'service', service, '--namespace', namespace, '--output', `jsonpath=${spec}`);
}

/** Load that runs in a pod, until it is stopped or disposed of. */
export interface PodLoad extends AsyncDisposable {
  /** How many requests have ended, as of the last second. */
  readEnded(): Promise<number>;
  stop(): Promise<LoadReport>;
}

/** @param options of the load program */
export async function startPodLoad(name: string, options: Readonly<Record<string, string | number>>): Promise<PodLoad> {
  const all = { seconds: 900, requests: 10_000_000, ...options };
  const args = Object.entries(all).flatMap(([option, value]) => [`--${option}`, String(value)]);
  const pod = caller(name, CALLERS, ['/programs/load.mjs', '--json', '--progress', ...args]);
  await change('apply', pod);
  await waitForCallers(pod);
  const lastLine = async () => (await kubectl('logs', '--namespace', CALLERS, '--tail', '1', name)).trim();
  return {
    async readEnded() {
      const line = await lastLine();
      return line === '' ? 0 : (JSON.parse(line) as { ended: number }).ended;
    },
    // The log is not followed from the start: that would break where the API server or a kubelet is stopped meanwhile.
    async stop() {
      // What runs this may end with the process that it signals, and with an error then.
      await runInPod(name, "process.kill(1, 'SIGTERM')", CALLERS).catch(() => undefined);
      await waitFor(`the pod ${name} to end`, 60, async () => {
        const { status } = await target.get<V1Pod>('pod', name, '--namespace', CALLERS);
        return status?.phase === 'Succeeded' || status?.phase === 'Failed';
      });
      const report = await lastLine();
      await change('delete', pod);
      return JSON.parse(report) as LoadReport;
    },
    [Symbol.asyncDispose]: () => change('delete', pod),
  };
}
