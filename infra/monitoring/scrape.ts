/**
 * How Prometheus finds the pods. The admin port is in no Service, so it is named by the pods' own ports; one of the two
 * Services over the pods is enough, and its name becomes the job. Pods that are not ready are scraped as well: those that
 * were outvoted have the most to tell. The NetworkPolicy decides who may: see ADMIN_ACCESS_LABELS and prometheusNamespace.
 * https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { METRICS_PATH } from '../../app/admin/paths.ts';
import type { Environment } from '../environments.ts';
import { selectorLabels } from '../labels.ts';
import { OWN_NODE } from './query.ts';

/** The API group of the Prometheus operator's kinds. */
export const MONITORING_GROUP = 'monitoring.coreos.com';

export interface ServiceMonitor extends KubernetesObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly endpoints: readonly {
      readonly targetPort: string;
      readonly path: string;
      readonly relabelings: readonly {
        readonly action: 'keep' | 'replace';
        readonly sourceLabels: readonly string[];
        readonly regex?: string;
        readonly targetLabel?: string;
      }[];
    }[];
  };
}

export function serviceMonitor(environment: Environment) {
  const { name } = environment;
  return {
    apiVersion: `${MONITORING_GROUP}/v1`,
    kind: 'ServiceMonitor',
    metadata: { name },
    spec: {
      selector: { matchLabels: selectorLabels(environment) },
      endpoints: [
        {
          targetPort: 'admin',
          path: METRICS_PATH,
          relabelings: [
            { action: 'keep', sourceLabels: ['__meta_kubernetes_service_name'], regex: name },
            { action: 'replace', sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: OWN_NODE },
          ],
        },
      ],
    },
  } satisfies ServiceMonitor;
}
