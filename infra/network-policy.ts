/**
 * Who may talk to the pods, and whom they may talk to; everything else is refused, because a policy that names a
 * direction denies in it whatever no rule allows. The public ports are open to every
 * source, because what comes through a node port or a load balancer arrives with a node's address, which no selector can
 * name. https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';

import { DEFAULT_PORTS } from '../app/config.ts';
import type { Destination, Environment } from './environments.ts';
import { ADMIN_ACCESS_LABELS, selectorLabels } from './labels.ts';

const DNS_PORT = 53;
const NTP_PORT = 123;

export function addNetworkPolicy(chart: Chart, environment: Environment): void {
  const { name, apiServer, dnsCache, prometheusNamespace, ntp, telemetry } = environment;
  const pods = { podSelector: { matchLabels: selectorLabels(environment) } };
  const dns = { ...destination({ namespace: 'kube-system' }), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } };
  new k8s.KubeNetworkPolicy(chart, 'network-policy', {
    metadata: { name },
    spec: {
      ...pods,
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        { ports: [port(DEFAULT_PORTS.http), port(DEFAULT_PORTS.grpc)] },
        {
          from: [
            { podSelector: { matchLabels: ADMIN_ACCESS_LABELS } },
            ...(prometheusNamespace === undefined ? [] : [destination({ namespace: prometheusNamespace })]),
          ],
          ports: [port(DEFAULT_PORTS.admin)],
        },
      ],
      egress: [
        {
          to: [dns, ...(dnsCache === undefined ? [] : [destination(dnsCache)])],
          ports: [port(DNS_PORT, 'UDP'), port(DNS_PORT)],
        },
        { to: apiServer.cidrs.map((cidr) => destination({ cidr })), ports: [port(apiServer.port)] },
        { to: [pods], ports: [port(DEFAULT_PORTS.grpc)] },
        ...(ntp === undefined ? [] : [{ to: ntp.map(destination), ports: [port(NTP_PORT, 'UDP')] }]),
        ...(telemetry === undefined ? [] : [{ to: [destination(telemetry.to)], ports: [port(telemetry.port)] }]),
      ],
    },
  });
}

function port(number: number, protocol = 'TCP'): k8s.NetworkPolicyPort {
  return { port: k8s.IntOrString.fromNumber(number), protocol };
}

function destination(to: Destination): k8s.NetworkPolicyPeer {
  if ('cidr' in to) return { ipBlock: { cidr: to.cidr } };
  return { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': to.namespace } } };
}
