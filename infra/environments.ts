/**
 * The one table of what differs between environments; everything else about the manifests is the same everywhere. A new
 * environment, or a second install under another name and namespace, is one more entry, and gets its files in dist/.
 */
import type { V1Toleration } from '@kubernetes/client-node';

import type { VariableName } from '../app/config.ts';
import { planMeasured } from './capacity/measured.ts';
import type { Plan } from './capacity/plan.ts';

/** The image of the released version. `make pin IMAGE=…` rewrites this line. */
export const RELEASED_IMAGE = 'time-service:0.1.0';

/** Where those who are woken read what to do. */
export const RUNBOOKS = 'docs/runbooks.md';

/** Addresses outside the cluster as a CIDR, or every pod of a namespace. */
export type Destination = { readonly cidr: string } | { readonly namespace: string };

/**
 * How clients outside the cluster get in; TLS ends at the ingress or the gateway. An HTTPRoute and a GRPCRoute on one
 * listener may not share a host name (Gateway API, GRPCRoute), so a gateway takes two.
 */
export type Exposure =
  | { readonly kind: 'none' }
  | { readonly kind: 'nodePort'; readonly http: number; readonly grpc: number }
  | { readonly kind: 'loadBalancer'; readonly sourceRanges?: readonly string[] }
  | { readonly kind: 'ingress'; readonly className: string; readonly host: string; readonly tlsSecret: string }
  | {
      readonly kind: 'gateway';
      readonly gateway: { readonly name: string; readonly namespace: string };
      readonly httpHost: string;
      readonly grpcHost: string;
    };

export interface Environment {
  /** What the objects of this install are called, and what their pods are found by. */
  readonly name: string;
  readonly namespace: string;
  /** How many pods the autoscaler may run, and how large they are. */
  readonly capacity: Pick<
    Plan,
    'replicas' | 'cpuRequestMillis' | 'memoryMebibytes' | 'cpuTargetPercent' | 'maxSurgePercent'
  >;
  /** How long the load must have been low before the autoscaler takes pods away. */
  readonly scaleDownWindowSeconds: number;
  /** Where the API servers answer, as `kubectl get endpointslices kubernetes` says: policies see no Service address. */
  readonly apiServer: { readonly cidrs: readonly string[]; readonly port: number };
  /** What answers for names before CoreDNS does: NodeLocal DNSCache, at `{ cidr: '169.254.20.10/32' }` by default. */
  readonly dnsCache?: Destination;
  readonly exposure: Exposure;
  /** The service's own configuration; what is not named here has the default of app/config.ts. */
  readonly variables?: Readonly<Partial<Record<VariableName, string>>>;
  /** Whether metrics-server comes with it, for a cluster that has none. */
  readonly metricsServer?: boolean;
  /** The registry that this cluster pulls from, in the place of the released image's own. */
  readonly imageRegistry?: string;
  readonly imagePullSecrets?: readonly string[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly V1Toleration[];
  readonly priorityClassName?: string;
  /** More labels and annotations for every object and every pod. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The namespace whose pods may scrape the metrics. */
  readonly prometheusNamespace?: string;
  /** The oldest release of the tz database that pods may have, such as `2026c`; that of this version without it. */
  readonly tzdata?: string;
  /** The ConfigMap with newer tz data than the image's, which docs/time-zone-data.md says how to make. */
  readonly tzdataConfigMap?: string;
  /** The NTP servers that the pods may ask. */
  readonly ntp?: readonly Destination[];
  /** Where traces are sent. The port is the collector's own, after any Service. */
  readonly telemetry?: { readonly endpoint: string; readonly to: Destination; readonly port: number };
  /** The Service's address families, the first one preferred; the cluster's default without it. */
  readonly ipFamilies?: readonly ['IPv4' | 'IPv6', ('IPv4' | 'IPv6')?];
}

/** Environments by the name that their files in dist/ have. */
export const ENVIRONMENTS: Readonly<Record<string, Environment>> = {
  kind: {
    name: 'time-service',
    namespace: 'time-service',
    // All its nodes share the processors of one machine.
    capacity: planMeasured({ requestsPerSecond: 25_000, p99Ms: 5, mostCores: 0.5 }),
    scaleDownWindowSeconds: 30,
    // Docker gives kind's network any part of these ranges.
    apiServer: { cidrs: ['172.16.0.0/12', '192.168.0.0/16'], port: 6443 },
    exposure: { kind: 'nodePort', http: 30_080, grpc: 30_051 },
    metricsServer: true,
  },
  production: {
    name: 'time-service',
    namespace: 'time-service',
    capacity: planMeasured({ requestsPerSecond: 140_000, p99Ms: 5 }),
    scaleDownWindowSeconds: 300,
    // An address for documentation (RFC 5737): nothing is opened until the cluster's own stands here.
    apiServer: { cidrs: ['192.0.2.1/32'], port: 6443 },
    exposure: { kind: 'none' },
  },
};
