/**
 * Two Services over the same pods: one address that spreads connections, nearest pods first, and a headless one for gRPC
 * clients that balance by themselves, because a gRPC connection stays with one pod for as long as it lives.
 */
import type { V1Service, V1ServicePort } from '@kubernetes/client-node';
import type { Chart } from 'cdk8s';
import { Pods, Service, ServiceType } from 'cdk8s-plus-27';

import { DEFAULT_PORTS } from '../app/config.ts';
import type { Environment } from './environments.ts';
import { selectorLabels } from './labels.ts';
import { completeManifest } from './manifest.ts';

/** The ports of the Service; HTTP has the port that a URL need not name. */
export const SERVICE_PORTS = { http: 80, grpc: DEFAULT_PORTS.grpc } as const;

/** The Service that has an address for each pod. */
export function headlessName({ name }: Environment): string {
  return `${name}-headless`;
}

const SERVICE_TYPES = {
  none: ServiceType.CLUSTER_IP,
  nodePort: ServiceType.NODE_PORT,
  loadBalancer: ServiceType.LOAD_BALANCER,
  ingress: ServiceType.CLUSTER_IP,
  gateway: ServiceType.CLUSTER_IP,
} as const;

export function addServices(chart: Chart, environment: Environment): void {
  const { name, exposure } = environment;
  const selector = Pods.select(chart, 'pods', { labels: selectorLabels(environment) });
  const ports = [
    { name: 'http', port: SERVICE_PORTS.http },
    { name: 'grpc', port: SERVICE_PORTS.grpc },
  ];

  const service = new Service(chart, 'service', {
    metadata: { name },
    type: SERVICE_TYPES[exposure.kind],
    selector,
    ports,
    ...(exposure.kind === 'loadBalancer' &&
      exposure.sourceRanges && { loadBalancerSourceRanges: [...exposure.sourceRanges] }),
  });
  completeManifest(service, ({ spec }: V1Service) => {
    completeService(spec!, environment);
    if (exposure.kind !== 'nodePort') return;
    for (const port of spec!.ports!) port.nodePort = exposure[portName(port)];
  });

  const headless = new Service(chart, 'headless-service', {
    metadata: { name: headlessName(environment) },
    clusterIP: 'None',
    selector,
    ports: [
      { name: 'http', port: DEFAULT_PORTS.http },
      { name: 'grpc', port: DEFAULT_PORTS.grpc },
    ],
  });
  completeManifest(headless, ({ spec }: V1Service) => completeService(spec!, environment));
}

const APP_PROTOCOLS = { http: 'http', grpc: 'kubernetes.io/h2c' } as const;

function completeService(spec: NonNullable<V1Service['spec']>, { ipFamilies }: Environment): void {
  delete spec.externalIPs;
  for (const port of spec.ports!) {
    port.appProtocol = APP_PROTOCOLS[portName(port)];
    port.protocol = 'TCP';
    port.targetPort = portName(port);
  }
  if (ipFamilies === undefined) return;
  spec.ipFamilies = ipFamilies.filter((family) => family !== undefined);
  spec.ipFamilyPolicy = spec.ipFamilies.length === 1 ? 'SingleStack' : 'PreferDualStack';
}

function portName({ name }: V1ServicePort): keyof typeof APP_PROTOCOLS {
  return name as keyof typeof APP_PROTOCOLS;
}
