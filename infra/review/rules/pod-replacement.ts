/**
 * Pods are never changed: where their template differs in anything, a label included, all of them are replaced; where it
 * does not, they run on. What was only written differently does not count (normal-form.ts). A change that was held back,
 * by a pause or a partition, comes when that is lifted.
 */
import type { V1Pod } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

import { danger, effect, updatesOf, type Finding, type Rule } from '../rule.ts';
import { isKind, type Kinds } from '../manifests.ts';
import { countReplaced, podTemplateOf, replacesPods, WORKLOAD_KINDS, type Workload } from '../workload.ts';

export const podReplacement: Rule = {
  name: 'pod-replacement',
  reference: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment',
  judge: (comparison) =>
    updatesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }): Finding[] => {
      if (isKind(before, 'Pod') && isKind(after, 'Pod')) return [judgePod(before, after)];
      if (isDeepStrictEqual(podTemplateOf(before), podTemplateOf(after))) return [judgeSameTemplate(before, after)];
      return judgeReplacement(after);
    }),
};

function judgeSameTemplate(before: Workload, after: Workload): Finding {
  return effect(
    after,
    isReleased(before, after)
      ? 'Pods that a change was kept from are replaced now, if there are any.'
      : 'No pod restarts.',
  );
}

/** Whether templates of before the change may now reach pods that they were kept from. */
function isReleased(before: Workload, after: Workload): boolean {
  if (!isKind(before, 'Deployment', 'StatefulSet', 'DaemonSet') || before.kind !== after.kind) return false;
  if (!isKind(after, 'Deployment', 'StatefulSet', 'DaemonSet') || !replacesPods(after)) return false;
  if (!replacesPods(before)) return true;
  if (!isKind(before, 'StatefulSet') || !isKind(after, 'StatefulSet')) return false;
  const [was, is] = [before, after].map(({ spec }) => spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  return is! < was!;
}

function judgeReplacement(workload: Workload): Finding[] {
  if (isKind(workload, 'Deployment')) return [judgeDeployment(workload)];
  if (isKind(workload, 'StatefulSet', 'DaemonSet') && !replacesPods(workload)) {
    return [effect(workload, 'No pod restarts: each is replaced when someone deletes it.')];
  }
  if (isKind(workload, 'StatefulSet')) {
    const { replicas = 1, updateStrategy } = workload.spec ?? {};
    const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
    if (partition === 0) return [effect(workload, 'All pods are replaced.')];
    return countReplaced(workload, replicas) === 0
      ? [effect(workload, `No pod restarts: the partition ${partition} is above all of them.`)]
      : [effect(workload, `Pods from number ${partition} on are replaced, those before it are not.`)];
  }
  if (isKind(workload, 'DaemonSet')) return [effect(workload, 'All pods are replaced.')];
  if (isKind(workload, 'CronJob')) return [effect(workload, 'Jobs that start from now on have the new pods.')];
  if (isKind(workload, 'ReplicaSet')) return [effect(workload, 'No pod restarts: only pods made from now on are new.')];
  // The template of a Job is immutable, which another rule tells.
  return [];
}

function judgeDeployment(deployment: Kinds['Deployment']): Finding {
  const { paused, replicas, strategy } = deployment.spec ?? {};
  if (paused) return effect(deployment, 'No pod restarts while it is paused.');
  if (replicas === 0) return effect(deployment, 'No pod restarts: it has none.');
  if (strategy?.type === 'Recreate') {
    return danger(deployment, 'All pods end before the first new one starts: nothing serves in between.');
  }
  return effect(deployment, 'All pods are replaced.');
}

/** Of a pod that exists, little more than its images may change. */
function judgePod(before: V1Pod, after: V1Pod): Finding {
  if (isDeepStrictEqual(before.spec, after.spec)) return effect(after, 'No pod restarts.');
  const [old, young] = [before, after].map(withoutImages);
  return isDeepStrictEqual(old, young)
    ? effect(after, 'Containers with another image restart, in the same pod.')
    : danger(after, 'Apply fails: most fields of a pod that exists are immutable.');
}

function withoutImages({ spec }: V1Pod): unknown {
  const copy = structuredClone(spec);
  for (const container of [...(copy?.containers ?? []), ...(copy?.initContainers ?? [])]) delete container.image;
  return copy;
}
