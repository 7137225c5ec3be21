/** Pods that run, in a namespace of their own: what only they can show of a change. */
import assert from 'node:assert/strict';

import type { KubernetesObject, V1Container, V1Pod } from '@kubernetes/client-node';

import { containerOf, makeInstall, objectsOf, type Install } from '../../infra/review/install.ts';
import {
  apply,
  applyOne,
  apps,
  core,
  createNamespace,
  deleteNamespace,
  eventually,
  IMAGE,
  kubectl,
  moveTo,
  NODE_PROGRAM,
} from './cluster.ts';

/** What the client answers to; pods may be kept from reaching it. */
export const CLIENT_PORT = 9000;

/** A namespace with two pods of the install and one client, for the length of a suite. */
export class Running {
  readonly namespace: string;
  readonly install = makeInstall();

  constructor(namespace: string) {
    this.namespace = namespace;
    before('two pods and a client', () => this.#start());
    after(() => deleteNamespace(namespace));
  }

  async #start(): Promise<void> {
    await createNamespace(this.namespace);
    const { namespace, account, settings, service, deployment } = this.install;
    await this.put(namespace, account, settings, service, deployment);
    await applyOne(programPod(this.namespace, 'client', CLIENT_PROGRAM, { labels: { scrapes: 'yes' } }));
    await this.scaleTo(2);
    await this.waitForPods(2);
    assert.equal(await eventually('Running', () => this.phaseOf('client')), 'Running');
  }

  /** Applies some objects of an install. */
  async put(...wanted: readonly KubernetesObject[]): Promise<void> {
    assert.deepEqual([...(await apply(moveTo(this.namespace, wanted)))], []);
  }

  /** Applies an install with a change, but for those objects that decide how many pods there are. */
  async change(change: (install: Install) => void): Promise<void> {
    const changed = makeInstall();
    change(changed);
    const { autoscaler: _a, budget: _b, policy: _p, ...rest } = changed;
    await this.put(...objectsOf(rest as Install));
  }

  async phaseOf(name: string): Promise<string | undefined> {
    return (await core().readNamespacedPod({ namespace: this.namespace, name })).status?.phase;
  }

  /** The pods that are ready and are to stay. */
  async listPods(app = 'clock'): Promise<V1Pod[]> {
    const { items } = await core().listNamespacedPod({ namespace: this.namespace, labelSelector: `app=${app}` });
    return items.filter(({ metadata, status }) => {
      const ready = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
      return ready && metadata!.deletionTimestamp === undefined;
    });
  }

  async waitForPods(number: number): Promise<V1Pod[]> {
    const settled = await eventually(true, async () => {
      const { metadata, spec, status } = await apps().readNamespacedDeployment({
        namespace: this.namespace,
        name: 'clock',
      });
      return (
        metadata!.generation === status?.observedGeneration &&
        spec!.replicas === number &&
        status?.updatedReplicas === number &&
        status.availableReplicas === number &&
        status.replicas === number &&
        (await this.listPods()).length === number
      );
    });
    assert.ok(settled, `${number} pods`);
    return this.listPods();
  }

  async scaleTo(replicas: number): Promise<void> {
    const { namespace } = this;
    const body = { metadata: { name: 'clock', namespace }, spec: { replicas } };
    await apps().replaceNamespacedDeploymentScale({ namespace, name: 'clock', body });
  }

  async readReplicas(): Promise<number | undefined> {
    return (await apps().readNamespacedDeployment({ namespace: this.namespace, name: 'clock' })).spec!.replicas;
  }

  /** What a program prints in a pod. */
  run(pod: string, program: string): string {
    return kubectl('--namespace', this.namespace, 'exec', pod, '--', NODE_PROGRAM, '-e', program).trim();
  }

  /** Which of some addresses answer a pod. */
  reach(pod: string, urls: readonly string[]): boolean[] {
    const ask = 'fetch(url, { signal: AbortSignal.timeout(1000) }).then(() => true, () => false)';
    // A connection that is refused by silence would keep the process for ten seconds.
    const print = '(all) => process.stdout.write(JSON.stringify(all), () => process.exit())';
    const program = `Promise.all(${JSON.stringify(urls)}.map((url) => ${ask})).then(${print})`;
    return JSON.parse(this.run(pod, program)) as boolean[];
  }
}

const CLIENT_PROGRAM = `require('node:http').createServer((_, answer) => answer.end('here')).listen(${CLIENT_PORT}, '::')`;

interface PodOptions {
  readonly labels?: Record<string, string>;
  readonly container?: Partial<V1Container>;
  readonly spec?: Partial<V1Pod['spec']>;
}

/** A pod of one container that runs a program text, as restricted as the install's own. */
export function programPod(
  namespace: string,
  name: string,
  program: string,
  { labels = {}, container, spec }: PodOptions = {},
): V1Pod {
  const install = makeInstall();
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      securityContext: install.deployment.spec!.template.spec!.securityContext!,
      terminationGracePeriodSeconds: 0,
      ...spec,
      containers: [
        {
          name: 'clock',
          image: IMAGE,
          command: [NODE_PROGRAM, '-e', program],
          securityContext: containerOf(install).securityContext!,
          ...container,
        },
      ],
    },
  };
}
