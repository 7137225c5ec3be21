/** Which objects make an install, in the order in which they are applied, and which files they go to. */
import type { KubernetesObject } from '@kubernetes/client-node';
import { ApiObject, App, Chart, type ChartProps } from 'cdk8s';

import { addAccess } from './access.ts';
import { addAutoscaler } from './autoscaler.ts';
import { addDeployment } from './deployment.ts';
import { addDisruptionBudget } from './disruption-budget.ts';
import type { Environment } from './environments.ts';
import { addExposure } from './exposure.ts';
import { ownerLabels } from './labels.ts';
import { readManifests } from './manifest.ts';
import { addMetricsServer } from './metrics-server.ts';
import { addMonitoring } from './monitoring.ts';
import { addNamespace } from './namespace.ts';
import { addNetworkPolicy } from './network-policy.ts';
import { addServices } from './service.ts';

/** The files of every environment: their names in dist/, in the order in which they are applied, and their objects. */
export function synthesize(environments: Readonly<Record<string, Environment>>): Map<string, KubernetesObject[]> {
  const app = new App();
  const files = Object.entries(environments).flatMap(([key, environment]) => [
    namespaceChart(app, `${key}.namespace`, environment),
    metricsServerChart(app, `${key}.metrics-server`, environment),
    serviceChart(app, key, environment),
    monitoringChart(app, `${key}.monitoring`, environment),
  ]);
  const manifests = files.map((chart): [string, KubernetesObject[]] => [`${chart.node.id}.yaml`, readManifests(chart)]);
  return new Map(manifests.filter(([, objects]) => objects.length > 0));
}

/** The file that only clusters with the Prometheus operator can take. */
export function monitoringFile(key: string): string {
  return `${key}.monitoring.yaml`;
}

function namespaceChart(app: App, id: string, environment: Environment): Chart {
  const chart = new Chart(app, id, { labels: objectLabels(environment), disableResourceNameHashes: true });
  addNamespace(chart, environment);
  return annotated(chart, environment);
}

function metricsServerChart(app: App, id: string, { metricsServer }: Environment): Chart {
  const chart = new Chart(app, id, { disableResourceNameHashes: true });
  if (metricsServer) addMetricsServer(chart);
  return chart;
}

function serviceChart(app: App, id: string, environment: Environment): Chart {
  const chart = new Chart(app, id, inNamespace(environment));
  const serviceAccount = addAccess(chart, environment);
  addNetworkPolicy(chart, environment);
  addServices(chart, environment);
  const deployment = addDeployment(chart, environment, serviceAccount);
  addAutoscaler(chart, environment, deployment);
  addDisruptionBudget(chart, environment);
  addExposure(chart, environment);
  return annotated(chart, environment);
}

function monitoringChart(app: App, id: string, environment: Environment): Chart {
  const chart = new Chart(app, id, inNamespace(environment));
  addMonitoring(chart, environment);
  return annotated(chart, environment);
}

function inNamespace(environment: Environment): ChartProps {
  return { namespace: environment.namespace, labels: objectLabels(environment), disableResourceNameHashes: true };
}

function objectLabels(environment: Environment): Record<string, string> {
  return { ...environment.labels, ...ownerLabels(environment) };
}

function annotated(chart: Chart, { annotations }: Environment): Chart {
  for (const object of chart.node.findAll().filter((construct) => construct instanceof ApiObject)) {
    for (const [key, value] of Object.entries(annotations ?? {})) object.metadata.addAnnotation(key, value);
  }
  return chart;
}
