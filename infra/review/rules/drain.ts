/**
 * A disruption budget that allows no disruption blocks every drain for ever, and so every upgrade of a node. It is read
 * with the least number of pods that there may be, which an autoscaler decides. Without a budget, a drain may end all pods
 * at once.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { nameOf, ofKind, type Kinds } from '../manifests.ts';
import { changesOf, count, danger, effect, introduced, type Finding, type Rule } from '../rule.ts';
import { LASTING_KINDS, podCountOf, selectsPodsOf, type LastingWorkload } from '../workload.ts';

export const drain: Rule = {
  name: 'drain',
  reference:
    'https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages',
  judge: (comparison) => [
    ...introduced(comparison, (objects) =>
      ofKind(objects, 'PodDisruptionBudget').flatMap((budget) => findBlockedDrains(budget, objects)),
    ),
    ...introduced(comparison, findSharedPods),
    ...changesOf(comparison, 'PodDisruptionBudget').flatMap(({ before, after }) => {
      const [old, young] = [before, after].map((one) => one?.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow');
      if (!before || !after || old === young) return [];
      return [
        young
          ? effect(after, 'Pods that are not ready no longer hold up a drain.')
          : danger(after, 'Pods that are not ready may hold up a drain.'),
      ];
    }),
  ],
};

type Budget = Kinds['PodDisruptionBudget'];

function findBlockedDrains(budget: Budget, objects: readonly KubernetesObject[]): Finding[] {
  return guardedBy(budget, objects).flatMap((workload) => {
    const pods = podCountOf(workload, objects);
    if (!pods || pods.least === 0) return [];
    const allowed = allowedDisruptions(budget, pods.least);
    if (allowed > 0) return [];
    const { minAvailable, maxUnavailable } = budget.spec ?? {};
    const setting = minAvailable === undefined ? `maxUnavailable ${maxUnavailable}` : `minAvailable ${minAvailable}`;
    const guarded = `with ${count(pods.least, 'pod')} of ${workload.kind} ${nameOf(workload)}`;
    return [danger(budget, `Blocks every drain: ${setting} ${guarded} lets none be evicted.`)];
  });
}

function guardedBy(budget: Budget, objects: readonly KubernetesObject[]): LastingWorkload[] {
  return ofKind(objects, ...LASTING_KINDS).filter((workload) => selectsPodsOf(budget, budget.spec?.selector, workload));
}

/** How many of a number of healthy pods may be evicted. Both percentages are rounded up. */
function allowedDisruptions({ spec }: Budget, pods: number): number {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (minAvailable !== undefined) return pods - resolve(minAvailable, pods);
  return maxUnavailable === undefined ? 0 : resolve(maxUnavailable, pods);
}

function resolve(amount: number | string, pods: number): number {
  return typeof amount === 'number' ? amount : Math.ceil((Number.parseFloat(amount) * pods) / 100);
}

/** The eviction API refuses a pod that two budgets guard. */
function findSharedPods(objects: readonly KubernetesObject[]): Finding[] {
  const budgets = ofKind(objects, 'PodDisruptionBudget').map((budget) => ({
    budget,
    guarded: guardedBy(budget, objects),
  }));
  return budgets.flatMap(({ budget, guarded }, index) =>
    budgets
      .slice(index + 1)
      .filter((other) => other.guarded.some((workload) => guarded.includes(workload)))
      .map((other) => {
        const text = `Blocks every drain: PodDisruptionBudget ${nameOf(other.budget)} guards the same pods, and no pod of two budgets is evicted.`;
        return danger(budget, text);
      }),
  );
}
