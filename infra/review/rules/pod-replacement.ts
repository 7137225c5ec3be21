/**
 * Pods are never changed: where their template differs in anything, a label included, all of them are replaced; where it
 * does not, they run on. What was only written differently does not count (normal-form.ts).
 */
import { isDeepStrictEqual } from 'node:util';

import { danger, effect, updatesOf, type Finding, type Rule } from '../rule.ts';
import { isKind } from '../manifests.ts';
import { podTemplateOf, WORKLOAD_KINDS, type Workload } from '../workload.ts';

export const podReplacement: Rule = {
  name: 'pod-replacement',
  reference: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#updating-a-deployment',
  judge: (comparison) =>
    updatesOf(comparison, ...WORKLOAD_KINDS).map(({ before, after }) =>
      isDeepStrictEqual(podTemplateOf(before), podTemplateOf(after))
        ? effect(after, 'No pod restarts.')
        : judgeReplacement(after),
    ),
};

function judgeReplacement(workload: Workload): Finding {
  if (isKind(workload, 'Deployment')) {
    if (workload.spec?.paused) return effect(workload, 'No pod restarts while it is paused.');
    if (workload.spec?.replicas === 0) return effect(workload, 'No pod restarts: it has none.');
    if (workload.spec?.strategy?.type === 'Recreate') {
      return danger(workload, 'All pods end before the first new one starts: nothing serves in between.');
    }
    return effect(workload, 'All pods are replaced.');
  }
  if (isKind(workload, 'StatefulSet', 'DaemonSet')) {
    if (workload.spec?.updateStrategy?.type === 'OnDelete') {
      return effect(workload, 'No pod restarts: each is replaced when someone deletes it.');
    }
    const partition = isKind(workload, 'StatefulSet') && workload.spec?.updateStrategy?.rollingUpdate?.partition;
    return effect(
      workload,
      partition ? `Pods from number ${partition} on are replaced, those before it are not.` : 'All pods are replaced.',
    );
  }
  if (isKind(workload, 'CronJob')) return effect(workload, 'Jobs that start from now on have the new pods.');
  if (isKind(workload, 'ReplicaSet')) return effect(workload, 'No pod restarts: only pods made from now on are new.');
  return danger(workload, 'Apply fails: most fields of a pod that exists are immutable.');
}
