/**
 * An object that leaves the manifests does not leave the cluster: `kubectl apply` forgets it, and it lives on without an
 * owner. Tools that prune (`apply --prune`, ApplySets, Argo CD, Flux) delete it, and what hangs on it.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

import { nameOf } from '../manifests.ts';
import { danger, effect, type Rule } from '../rule.ts';

export const removal: Rule = {
  name: 'removal',
  reference: 'https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-to-delete-objects',
  judge: ({ changes }) =>
    changes.flatMap(({ before, after }) => {
      if (!before || after) return [];
      const heir = changes.find((change) => change.after && !change.before && isRenamed(before, change.after))?.after;
      const renamed = heir ? `Is called ${nameOf(heir)} now. ` : '';
      const left = `${renamed}Apply leaves it in the cluster, without a manifest; a prune deletes it`;
      const loss = LOSSES[before.kind!];
      return [loss === undefined ? effect(before, `${left}.`) : danger(before, `${left}, and ${loss}.`)];
    }),
};

/** What a prune takes with the object. */
const LOSSES: Readonly<Record<string, string>> = {
  CronJob: 'its jobs end and run no more',
  CustomResourceDefinition: 'every object of its kind with it',
  DaemonSet: 'all of its pods end',
  Deployment: 'all of its pods end',
  HorizontalPodAutoscaler: 'the number of pods stays as it is then',
  Ingress: 'its host names lead nowhere',
  Job: 'its pods end',
  Namespace: 'everything in it with it',
  PersistentVolumeClaim: 'its data may be lost with it',
  PodDisruptionBudget: 'a drain may end all of its pods at once',
  Secret: 'pods that need it no longer start',
  ConfigMap: 'pods that need it no longer start',
  Service: 'its name and address are gone',
  ServiceAccount: 'its pods are no longer made, their tokens no longer accepted',
  StatefulSet: 'all of its pods end',
};

function isRenamed(before: KubernetesObject, after: KubernetesObject): boolean {
  const content = (object: KubernetesObject) => ({ ...object, metadata: undefined });
  return isDeepStrictEqual(content(before), content(after));
}
