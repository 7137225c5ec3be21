/**
 * What watches the service, for clusters that have the Prometheus operator: how it is scraped, what is computed, whom it
 * wakes, and a dashboard, which Grafana's sidecar finds by its label. It is a file of its own in dist/, because its kinds are
 * not known everywhere, and an environment's own, because names, namespace and labels are: a Prometheus picks by them.
 */
import { ApiObject, type Chart } from 'cdk8s';

import type { Environment } from './environments.ts';
import { alertsOf } from './monitoring/alerts.ts';
import { dashboardOf } from './monitoring/dashboard.ts';
import { recordingsOf } from './monitoring/recordings.ts';
import { MONITORING_GROUP, serviceMonitor } from './monitoring/scrape.ts';

export function addMonitoring(chart: Chart, environment: Environment): void {
  const { name } = environment;
  new ApiObject(chart, 'service-monitor', serviceMonitor(environment));
  new ApiObject(chart, 'rules', {
    apiVersion: `${MONITORING_GROUP}/v1`,
    kind: 'PrometheusRule',
    metadata: { name },
    spec: { groups: ruleGroups(environment) },
  });
  new ApiObject(chart, 'dashboard', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-dashboard`, labels: { grafana_dashboard: '1' } },
    data: { [`${name}.json`]: `${JSON.stringify(dashboardOf(environment), null, 2)}\n` },
  });
}

/** One group, whose rules are evaluated in turn: the alerts see what was computed just now. */
export function ruleGroups(environment: Environment) {
  return [{ name: environment.name, rules: [...recordingsOf(environment), ...alertsOf(environment)] }];
}
