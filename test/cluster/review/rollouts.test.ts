/** How pods are replaced: which ones, how many are missing meanwhile, and which stay. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Pod } from '@kubernetes/client-node';

import type { Kinds } from '../../../infra/review/manifests.ts';
import {
  addDaemonSet,
  addStatefulSet,
  addVariableTo,
  containerOf,
  daemonSetOf,
  makeInstall,
  statefulSetOf,
  type Install,
} from '../../infra/review/install.ts';
import { apps, core, eventually, findingsOf } from './cluster.ts';
import { Running } from './running.ts';

const uidsOf = (pods: readonly V1Pod[]) => pods.map(({ metadata }) => metadata!.uid!).toSorted();
const isNew = ({ spec }: V1Pod) => spec!.containers[0]!.env!.some(({ name }) => name === 'LOG_LEVEL');

describe('what is said of rollouts, with pods that run', function () {
  const running = new Running('review-rollout');
  const { namespace } = running;

  it('rollout: no pod is missing while a variable replaces all of them', async () => {
    const before = new Set(uidsOf(await running.waitForPods(2)));
    await running.change(({ deployment }) => addVariableTo(deployment));
    let fewest = 2;
    const replaced = await eventually(true, async () => {
      const pods = await running.listPods();
      fewest = Math.min(fewest, pods.length);
      return pods.length === 2 && pods.every(({ metadata }) => !before.has(metadata!.uid!));
    });
    assert.deepEqual([replaced, fewest], [true, 2]);
  });

  it('pod-replacement: all pods stay for another pace of rollouts', async () => {
    const before = uidsOf(await running.waitForPods(2));
    await running.change(({ deployment }) => {
      addVariableTo(deployment);
      deployment.spec!.strategy!.rollingUpdate!.maxSurge = 2;
    });
    await delay(2000);
    assert.deepEqual(uidsOf(await running.waitForPods(2)), before);
  });

  it('pod-replacement: a pause keeps a change from the pods, and its end brings it', async () => {
    const pause = (paused: boolean) => (install: Install) => {
      containerOf(install).env!.push({ name: 'LOG_LEVEL', value: 'error' });
      install.deployment.spec!.paused = paused;
    };
    const before = uidsOf(await running.waitForPods(2));
    await running.change(pause(true));
    await delay(2000);
    assert.deepEqual(uidsOf(await running.listPods()), before);
    await running.change(pause(false));
    await eventually(false, async () =>
      (await running.listPods()).some(({ metadata }) => before.includes(metadata!.uid!)),
    );
    const pods = await running.waitForPods(2);
    assert.ok(uidsOf(pods).every((uid) => !before.includes(uid)));
  });

  it('configuration: pods keep their variables as they were until they restart', async () => {
    const zone = 'console.log(process.env.DEFAULT_ZONE)';
    const [pod] = await running.waitForPods(2);
    const changed = makeInstall().settings;
    changed.data!['zone'] = 'Asia/Tokyo';
    await running.put(changed);
    await delay(2000);
    assert.equal(running.run(pod!.metadata!.name!, zone), 'Europe/Paris');
    await core().deleteNamespacedPod({ namespace, name: pod!.metadata!.name! });
    const pods = await running.waitForPods(2);
    const zones = pods.map(({ metadata }) => running.run(metadata!.name!, zone));
    assert.deepEqual(zones.toSorted(), ['Asia/Tokyo', 'Europe/Paris']);
    await running.put(running.install.settings);
  });

  it('probes: a pod whose readiness probe names no port of it is never ready', async () => {
    const changed = makeInstall();
    containerOf(changed).readinessProbe!.httpGet!.port = 'health';
    await running.put(changed.deployment);
    const said = await eventually(true, async () => {
      const { items } = await core().listNamespacedEvent({ namespace });
      return items.some(({ message }) => /Readiness probe .*health/.test(message ?? ''));
    });
    assert.ok(said);
    await delay(3000);
    assert.equal((await apps().readNamespacedDeployment({ namespace, name: 'clock' })).status!.updatedReplicas, 1);
    assert.ok(
      (await running.listPods()).every(({ spec }) => spec!.containers[0]!.readinessProbe!.httpGet!.port === 'admin'),
    );
    await running.put(running.install.deployment);
    await running.waitForPods(2);
  });

  it('rollout: with Recreate all pods are missing for a while', async () => {
    const recreate = (install: Install) => Object.assign(install.deployment.spec!, { strategy: { type: 'Recreate' } });
    await running.change(recreate);
    const before = new Set(uidsOf(await running.waitForPods(2)));
    await running.change((install) => {
      recreate(install);
      addVariableTo(install.deployment);
    });
    let fewest = 2;
    await eventually(true, async () => {
      const pods = await running.listPods();
      fewest = Math.min(fewest, pods.length);
      return pods.length === 2 && pods.every(({ metadata }) => !before.has(metadata!.uid!));
    });
    assert.equal(fewest, 0);
  });

  /** The texts that are said of a change of one added workload; it is applied before and after. */
  async function roll(
    add: (install: Install) => void,
    pick: (install: Install) => Kinds['StatefulSet' | 'DaemonSet'],
    settings: object,
  ): Promise<{ texts: string[]; put: () => Promise<void>; app: string }> {
    const [old, young] = [makeInstall(), makeInstall()];
    for (const install of [old, young]) {
      add(install);
      Object.assign(pick(install).spec!, settings);
      // So that a pod ends at once, and not after its preStop.
      Object.assign(pick(install).spec!.template.spec!.containers[0]!, { lifecycle: undefined });
    }
    addVariableTo(pick(young));
    const [from, to] = [pick(old), pick(young)];
    await running.put(from);
    const texts = findingsOf([from], [to]).map(({ text }) => text);
    return { texts, put: () => running.put(to), app: to.spec!.template.metadata!.labels!['app']! };
  }

  /** How few pods of an app serve until its pods are as expected; those that are new, by the ends of their names. */
  async function watch(app: string, number: number, expected: readonly string[]) {
    let fewest = number;
    const names = (pods: readonly V1Pod[]) => pods.map(({ metadata }) => metadata!.name!.slice(app.length + 1));
    const seen = await eventually([number, ...expected], async () => {
      const pods = await running.listPods(app);
      fewest = Math.min(fewest, pods.length);
      return [pods.length, ...names(pods.filter(isNew)).toSorted()];
    });
    return { fewest, seen };
  }

  const waitFor = async (app: string, number: number) =>
    assert.equal(await eventually(number, async () => (await running.listPods(app)).length), number);

  it('rollout: the pods of a StatefulSet go one by one, those before the partition not at all', async () => {
    const partition = {
      replicas: 3,
      podManagementPolicy: 'Parallel',
      updateStrategy: { rollingUpdate: { partition: 1 } },
    };
    const { texts, put, app } = await roll(addStatefulSet, statefulSetOf, partition);
    assert.ok(texts.includes('Pods from number 1 on are replaced, those before it are not.'));
    await waitFor(app, 3);
    await put();
    assert.deepEqual(await watch(app, 3, ['1', '2']), { fewest: 2, seen: [3, '1', '2'] });
    await delay(2000);
    assert.deepEqual(await watch(app, 3, ['1', '2']), { fewest: 3, seen: [3, '1', '2'] });
  });

  it('pod-replacement: a lower partition brings the change that it kept from a pod', async () => {
    const young = makeInstall();
    addStatefulSet(young);
    const all = { replicas: 3, podManagementPolicy: 'Parallel', updateStrategy: { rollingUpdate: { partition: 0 } } };
    Object.assign(statefulSetOf(young).spec!, all);
    Object.assign(statefulSetOf(young).spec!.template.spec!.containers[0]!, { lifecycle: undefined });
    addVariableTo(statefulSetOf(young));
    await running.put(statefulSetOf(young));
    assert.deepEqual(await watch('store', 3, ['0', '1', '2']), { fewest: 2, seen: [3, '0', '1', '2'] });
  });

  it('rollout: a node is without its pod of a DaemonSet for a while', async () => {
    const { texts, put, app } = await roll(addDaemonSet, daemonSetOf, {});
    assert.ok(texts.some((text) => text.startsWith('On 1 node at once its pod is missing')));
    await waitFor(app, 1);
    await put();
    const { fewest, seen } = await watchOne(app);
    assert.deepEqual([fewest, seen], [0, 1]);
  });

  it('rollout: with a surge no node is without its pod of a DaemonSet', async () => {
    const surge = { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } };
    const { texts, put, app } = await roll(addDaemonSet, daemonSetOf, surge);
    assert.ok(texts.some((text) => text.startsWith('No pod is missing meanwhile: on 1 node at once')));
    await waitForOld(app);
    await put();
    const { fewest, seen } = await watchOne(app);
    assert.deepEqual([fewest, seen], [1, 1]);
  });

  it('pod-replacement: the pod of a DaemonSet stays until it is deleted', async () => {
    const { texts, put, app } = await roll(addDaemonSet, daemonSetOf, { updateStrategy: { type: 'OnDelete' } });
    assert.ok(texts.includes('No pod restarts: each is replaced when someone deletes it.'));
    // It runs as the test before has left it.
    const [pod] = await running.listPods(app);
    await core().deleteNamespacedPod({ namespace, name: pod!.metadata!.name! });
    await waitForOld(app);
    const before = uidsOf(await running.listPods(app));
    await put();
    await delay(3000);
    assert.deepEqual(uidsOf(await running.listPods(app)), before);
    await core().deleteNamespacedPod({ namespace, name: (await running.listPods(app))[0]!.metadata!.name! });
    assert.equal((await watchOne(app)).seen, 1);
  });

  const waitForOld = async (app: string) =>
    assert.deepEqual(await eventually([false], async () => (await running.listPods(app)).map(isNew)), [false]);

  /** How few pods of an app serve until its one pod is new. */
  async function watchOne(app: string): Promise<{ fewest: number; seen: number }> {
    let fewest = 1;
    const seen = await eventually(1, async () => {
      const pods = await running.listPods(app);
      fewest = Math.min(fewest, pods.length);
      return pods.length === 1 && isNew(pods[0]!) ? 1 : 0;
    });
    return { fewest, seen };
  }
});
