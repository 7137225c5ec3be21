/**
 * A node may be drained, one pod at a time. A pod that is not healthy anyway never holds up a drain.
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
 */
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

import type { Environment } from './environments.ts';
import { selectorLabels } from './labels.ts';

export function addDisruptionBudget(chart: Chart, environment: Environment): void {
  new k8s.KubePodDisruptionBudget(chart, 'disruption-budget', {
    metadata: { name: environment.name },
    spec: {
      maxUnavailable: k8s.IntOrString.fromNumber(1),
      selector: { matchLabels: selectorLabels(environment) },
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
    },
  });
}
