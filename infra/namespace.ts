/**
 * The Namespace, in a file of its own: where GitOps owns the namespaces, it is left out. Pod Security `restricted` is
 * enforced, so that a pod which asks for more is refused at the door.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

import type { Environment } from './environments.ts';

export function addNamespace(chart: Chart, { namespace }: Environment): void {
  const levels = ['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']);
  new k8s.KubeNamespace(chart, 'namespace', {
    metadata: { name: namespace, labels: Object.fromEntries(levels) },
  });
}
