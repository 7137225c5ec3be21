/** Where pods may run: what no node offers keeps them pending, and a rollout needs room for the new beside the old. */
import type { V1NodeSelectorRequirement, V1PodSpec, V1TopologySpreadConstraint } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

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
      const added = Object.entries(young.nodeSelector ?? {})
        .filter(([key, value]) => old.nodeSelector?.[key] !== value)
        .map(([key, value]) => `${key}=${value}`);
      const nodes = describeNodeAffinity(young);
      if (nodes !== undefined && nodes !== describeNodeAffinity(old)) added.push(nodes);
      const apart = repelledOn(young, labels).filter((topology) => !repelledOn(old, labels).includes(topology));
      const spread = heldApart(young).filter(
        (constraint) => !heldApart(old).some((known) => isDeepStrictEqual(known, constraint)),
      );
      const surge = isKind(after, 'Deployment') && after.spec?.strategy?.rollingUpdate?.maxUnavailable === 0;
      return [
        ...added.map((which) =>
          effect(after, `Its pods run only on nodes with ${which}, and wait where there is none.`),
        ),
        ...spread.map((constraint) => effect(after, describeSpread(constraint))),
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

/** Which nodes the pods need, in words; the terms are alternatives, and what is asked in one must all be so. */
function describeNodeAffinity({ affinity }: V1PodSpec): string | undefined {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    .map(({ matchExpressions = [], matchFields = [] }) =>
      [...matchExpressions, ...matchFields].map(describeRequirement).join(' and '),
    )
    .join(', or ');
}

function describeRequirement({ key, operator, values }: V1NodeSelectorRequirement): string {
  return [key, operator, ...(values ? [`(${values.join(', ')})`] : [])].join(' ');
}

/** The spread that the scheduler keeps to; the other kind is a wish. */
function heldApart({ topologySpreadConstraints = [] }: V1PodSpec): V1TopologySpreadConstraint[] {
  return topologySpreadConstraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule');
}

function describeSpread({ topologyKey, maxSkew, minDomains }: V1TopologySpreadConstraint): string {
  const few =
    minDomains === undefined
      ? ''
      : `; while there are fewer than ${minDomains} of these, at most ${maxSkew} are in each`;
  return `Its pods are spread evenly over each ${topologyKey}, to within ${maxSkew}, or wait${few}.`;
}
