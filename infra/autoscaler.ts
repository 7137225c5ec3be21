/**
 * How many pods run. Load on a clock comes in a burst (a fleet starts, a minute turns), so pods are added at once and
 * taken away slowly. How many, and from which load on, follows from measurement (infra/capacity/).
 */
import { Duration, type Chart } from 'cdk8s';
import { HorizontalPodAutoscaler, Metric, MetricTarget, Replicas, type Deployment } from 'cdk8s-plus-27';

import type { Environment } from './environments.ts';

export function addAutoscaler(chart: Chart, environment: Environment, deployment: Deployment): void {
  const { name, capacity, scaleDownWindowSeconds } = environment;
  new HorizontalPodAutoscaler(chart, 'autoscaler', {
    metadata: { name },
    target: deployment,
    minReplicas: capacity.replicas.min,
    maxReplicas: capacity.replicas.max,
    metrics: [Metric.resourceCpu(MetricTarget.averageUtilization(capacity.cpuTargetPercent))],
    scaleUp: {
      stabilizationWindow: Duration.seconds(0),
      policies: [
        { replicas: Replicas.percent(100), duration: Duration.seconds(15) },
        { replicas: Replicas.absolute(4), duration: Duration.seconds(15) },
      ],
    },
    scaleDown: {
      stabilizationWindow: Duration.seconds(scaleDownWindowSeconds),
      policies: [{ replicas: Replicas.percent(10), duration: Duration.minutes(1) }],
    },
  });
}
