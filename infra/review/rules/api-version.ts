/** API versions end: an object that is written in one of them is no longer taken. */
import type { KubernetesObject } from '@kubernetes/client-node';

import { danger, introduced, type Finding, type Rule } from '../rule.ts';

export const apiVersion: Rule = {
  name: 'api-version',
  reference: 'https://kubernetes.io/docs/reference/using-api/deprecation-guide/',
  judge: (comparison) => introduced(comparison, (objects) => objects.flatMap(findEnded)),
};

/** When an API version ended, and what stands in its place. */
const ENDED: Readonly<Record<string, readonly [string, string]>> = {
  'extensions/v1beta1 Deployment': ['1.16', 'apps/v1'],
  'extensions/v1beta1 DaemonSet': ['1.16', 'apps/v1'],
  'extensions/v1beta1 NetworkPolicy': ['1.16', 'networking.k8s.io/v1'],
  'extensions/v1beta1 Ingress': ['1.22', 'networking.k8s.io/v1'],
  'apps/v1beta1 Deployment': ['1.16', 'apps/v1'],
  'apps/v1beta2 Deployment': ['1.16', 'apps/v1'],
  'apps/v1beta1 StatefulSet': ['1.16', 'apps/v1'],
  'apps/v1beta2 StatefulSet': ['1.16', 'apps/v1'],
  'apps/v1beta2 DaemonSet': ['1.16', 'apps/v1'],
  'networking.k8s.io/v1beta1 Ingress': ['1.22', 'networking.k8s.io/v1'],
  'rbac.authorization.k8s.io/v1beta1 Role': ['1.22', 'rbac.authorization.k8s.io/v1'],
  'rbac.authorization.k8s.io/v1beta1 RoleBinding': ['1.22', 'rbac.authorization.k8s.io/v1'],
  'rbac.authorization.k8s.io/v1beta1 ClusterRole': ['1.22', 'rbac.authorization.k8s.io/v1'],
  'rbac.authorization.k8s.io/v1beta1 ClusterRoleBinding': ['1.22', 'rbac.authorization.k8s.io/v1'],
  'batch/v1beta1 CronJob': ['1.25', 'batch/v1'],
  'discovery.k8s.io/v1beta1 EndpointSlice': ['1.25', 'discovery.k8s.io/v1'],
  'policy/v1beta1 PodDisruptionBudget': ['1.25', 'policy/v1'],
  'policy/v1beta1 PodSecurityPolicy': ['1.25', 'Pod Security admission'],
  'autoscaling/v2beta1 HorizontalPodAutoscaler': ['1.25', 'autoscaling/v2'],
  'autoscaling/v2beta2 HorizontalPodAutoscaler': ['1.26', 'autoscaling/v2'],
};

function findEnded(object: KubernetesObject): Finding[] {
  const ended = ENDED[`${object.apiVersion} ${object.kind}`];
  if (!ended) return [];
  const [release, heir] = ended;
  return [
    danger(object, `Apply fails: ${object.apiVersion} ended with Kubernetes ${release}; ${heir} is in its place.`),
  ];
}
