/** Where pods may run: what no node offers keeps them pending, and a rollout needs room for the new beside the old. */
import type { V1PodSpec } from '@kubernetes/client-node';

import { isKind } from '../manifests.ts';
import { count, danger, effect, updatesOf, type Rule } from '../rule.ts';
import { podCountOf, podSpecOf, podTemplateOf, WORKLOAD_KINDS } from '../workload.ts';
import { matchesSelector } from '../selector.ts';

export const placement: Rule = {
  name: 'placement',
  reference: 'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/',
  judge: (comparison) =>
    updatesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }) => {
      const [old, young] = [before, after].map((workload) => podSpecOf(workload)!) as [V1PodSpec, V1PodSpec];
      const pods = podCountOf(after, comparison.after)?.most ?? 1;
      const labels = podTemplateOf(after)?.metadata?.labels ?? {};
      const added = Object.entries(young.nodeSelector ?? {}).filter(
        ([key, value]) => old.nodeSelector?.[key] !== value,
      );
      const apart = repelledOn(young, labels).filter((topology) => !repelledOn(old, labels).includes(topology));
      const surge = isKind(after, 'Deployment') && after.spec?.strategy?.rollingUpdate?.maxUnavailable === 0;
      return [
        ...added.map(([key, value]) =>
          effect(after, `Its pods run only on nodes with ${key}=${value}, and wait where there is none.`),
        ),
        ...apart.map((topology) =>
          danger(
            after,
            `Its pods wait unless there is another ${topology} for each: ${count(pods, 'pod')}${surge ? ', and one more in a rollout' : ''}.`,
          ),
        ),
      ];
    }),
};

/** The kinds of places where a pod refuses to be beside another of its own. */
function repelledOn({ affinity }: V1PodSpec, labels: Readonly<Record<string, string>>): string[] {
  return (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ labelSelector }) => matchesSelector(labelSelector, labels))
    .map(({ topologyKey }) => topologyKey);
}
