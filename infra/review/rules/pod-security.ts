/**
 * A namespace's Pod Security level refuses pods, not the workloads that make them: apply succeeds, the rollout stands
 * still, and only an event of a ReplicaSet says why.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { nameOf, namespaceOf, ofKind } from '../manifests.ts';
import { levelOf, LEVELS, violationsOf, type Level } from '../pod-security-standards.ts';
import { danger, effect, introduced, updatesOf, type Finding, type Rule } from '../rule.ts';
import { podSpecOf, WORKLOAD_KINDS } from '../workload.ts';

export const podSecurity: Rule = {
  name: 'pod-security',
  reference:
    'https://kubernetes.io/docs/concepts/security/pod-security-admission/#workload-resources-and-pod-templates',
  judge: (comparison) => [
    ...introduced(comparison, findRefused),
    ...updatesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }) => {
      const [was, is] = [before, after].map((workload) => levelOf(podSpecOf(workload)!)) as [Level, Level];
      const enforced = enforcedLevel(after, comparison.after);
      if (rank(is) >= rank(was) || rank(is) < rank(enforced)) return [];
      return [
        danger(after, `No longer meets Pod Security \`${was}\`: ${violationsOf(podSpecOf(after)!, was).join(', ')}.`),
      ];
    }),
    ...updatesOf(comparison, 'Namespace').flatMap(({ before, after }) => {
      const [was, is] = [before, after].map(levelOfNamespace) as [Level, Level];
      if (rank(is) < rank(was))
        return [danger(after, `Admits pods that Pod Security \`${was}\` refused: \`${is}\` is enforced now.`)];
      if (rank(is) === rank(was)) return [];
      return [effect(after, `Refuses new pods that do not meet Pod Security \`${is}\`; those that run stay.`)];
    }),
  ],
};

const LABEL = 'pod-security.kubernetes.io/enforce';

function rank(level: Level): number {
  return LEVELS.indexOf(level);
}

function levelOfNamespace({ metadata }: KubernetesObject): Level {
  return LEVELS.find((level) => level === metadata?.labels?.[LABEL]) ?? 'privileged';
}

function enforcedLevel(object: KubernetesObject, objects: readonly KubernetesObject[]): Level {
  const namespace = ofKind(objects, 'Namespace').find((one) => nameOf(one) === namespaceOf(object));
  return namespace ? levelOfNamespace(namespace) : 'privileged';
}

function findRefused(objects: readonly KubernetesObject[]): Finding[] {
  return ofKind(objects, ...WORKLOAD_KINDS).flatMap((workload) => {
    const level = enforcedLevel(workload, objects);
    const violations = violationsOf(podSpecOf(workload)!, level);
    if (violations.length === 0) return [];
    return [
      danger(workload, `No new pod of it is admitted: Pod Security \`${level}\` refuses ${violations.join(', ')}.`),
    ];
  });
}
