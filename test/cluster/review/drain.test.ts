/** Budgets and numbers of pods: evictions are asked for, and applies meet what an autoscaler has made of a number. */
import assert from 'node:assert/strict';

import { ApiException, PolicyV1Api } from '@kubernetes/client-node';

import { ofKind } from '../../../infra/review/manifests.ts';
import { podCountOf } from '../../../infra/review/workload.ts';
import { statesOf } from '../../infra/review/cases.ts';
import { drainCases } from '../../infra/review/drain.cases.ts';
import { makeInstall, objectsOf, type Install } from '../../infra/review/install.ts';
import { config, core, eventually } from './cluster.ts';
import { Running } from './running.ts';

describe('what is said of drains and of the number of pods, with pods that run', function () {
  const running = new Running('review-drain');
  const { namespace } = running;

  for (const one of drainCases.cases) {
    it(`drain: ${one.it}`, async () => {
      const policy = config.makeApiClient(PolicyV1Api);
      const evict = async (from: Install) => {
        const pods = podCountOf(from.deployment, objectsOf(from))!.least;
        await running.scaleTo(pods);
        const [pod] = await running.waitForPods(pods);
        await policy.deleteCollectionNamespacedPodDisruptionBudget({ namespace });
        await running.put(...ofKind(objectsOf(from), 'PodDisruptionBudget'));
        await eventually(true, async () => {
          const { items } = await policy.listNamespacedPodDisruptionBudget({ namespace });
          return items.every(({ metadata, status }) => {
            return metadata!.generation === status?.observedGeneration && status?.currentHealthy === pods;
          });
        });
        const body = { metadata: { name: pod!.metadata!.name!, namespace }, deleteOptions: { dryRun: ['All'] } };
        try {
          await core().createNamespacedPodEviction({ namespace, name: pod!.metadata!.name!, body });
          return 'evicted';
        } catch (error) {
          assert.ok(error instanceof ApiException && [429, 500].includes(error.code), String(error));
          return 'blocked';
        }
      };
      const states = statesOf(one);
      const blocks = one.says.some((text) => text.startsWith('danger: Blocks every drain'));
      assert.equal(await evict(states.before), 'evicted');
      assert.equal(await evict(states.after), blocks ? 'blocked' : 'evicted');
      await policy.deleteCollectionNamespacedPodDisruptionBudget({ namespace });
    });
  }

  it('autoscaling: an apply takes back what an autoscaler has made of a number in the manifest', async () => {
    const { deployment } = makeInstall();
    deployment.spec!.replicas = 3;
    await running.put(deployment);
    await running.scaleTo(2);
    await running.put(deployment);
    assert.equal(await running.readReplicas(), 3);
  });

  it('autoscaling: a number that leaves the manifest falls to 1', async () => {
    await running.put(running.install.deployment);
    assert.equal(await running.readReplicas(), 1);
  });

  it('autoscaling: a number that was never in the manifest stays', async () => {
    await running.scaleTo(2);
    await running.put(running.install.deployment);
    assert.equal(await running.readReplicas(), 2);
  });
});
