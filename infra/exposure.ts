/** What stands in front of the Service where clients come from outside: an Ingress, or routes of a Gateway. */
import { ApiObject, type Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

import type { Environment } from './environments.ts';
import { SERVICE_PORTS } from './service.ts';

export function addExposure(chart: Chart, { name, exposure }: Environment): void {
  if (exposure.kind === 'ingress') {
    const { className, host, tlsSecret } = exposure;
    const backend = { service: { name, port: { name: 'http' } } };
    new k8s.KubeIngress(chart, 'ingress', {
      metadata: { name },
      spec: {
        ingressClassName: className,
        rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
        tls: [{ hosts: [host], secretName: tlsSecret }],
      },
    });
  }
  if (exposure.kind === 'gateway') {
    const { gateway, httpHost, grpcHost } = exposure;
    const route = (kind: string, hostname: string, port: number) =>
      new ApiObject(chart, kind, {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind,
        metadata: { name },
        spec: { parentRefs: [gateway], hostnames: [hostname], rules: [{ backendRefs: [{ name, port }] }] },
      });
    route('HTTPRoute', httpHost, SERVICE_PORTS.http);
    route('GRPCRoute', grpcHost, SERVICE_PORTS.grpc);
  }
}
