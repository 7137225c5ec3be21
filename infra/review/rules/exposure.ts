/** Who can reach a Service, and by which ports: what clients were told, and what the outside of the cluster sees. */
import type { V1ServicePort, V1ServiceSpec } from '@kubernetes/client-node';

import { danger, effect, updatesOf, type Finding, type Rule } from '../rule.ts';
import type { Kinds } from '../manifests.ts';

export const exposure: Rule = {
  name: 'exposure',
  reference: 'https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types',
  judge: (comparison) =>
    updatesOf(comparison, 'Service').flatMap(({ before, after }) => judgeService(after, before.spec!, after.spec!)),
};

const OUTSIDE = new Set(['NodePort', 'LoadBalancer']);

function judgeService(service: Kinds['Service'], before: V1ServiceSpec, after: V1ServiceSpec): Finding[] {
  const [was, is] = [before, after].map(({ type = '' }) => OUTSIDE.has(type));
  const ports = new Map(after.ports?.map((port) => [numberOf(port), port]));
  const gone = (before.ports ?? []).filter((port) => !ports.has(numberOf(port)));
  const [ranges, oldRanges] = [after, before].map(({ loadBalancerSourceRanges = [] }) => loadBalancerSourceRanges);
  return [
    ...gone.map((port) => danger(service, `Connections to its port ${numberOf(port)} fail: it has none.`)),
    ...(!was && is ? [danger(service, `Can be reached from outside the cluster, as ${after.type}.`)] : []),
    ...(was && !is ? [danger(service, 'Can no longer be reached from outside the cluster.')] : []),
    ...(was && is
      ? (before.ports ?? []).flatMap((port): Finding[] => {
          const next = ports.get(numberOf(port))?.nodePort;
          if (port.nodePort === undefined || next === undefined || next === port.nodePort) return [];
          return [danger(service, `Connections to the nodes' port ${port.nodePort} fail: it is ${next} now.`)];
        })
      : []),
    ...(before.type === 'LoadBalancer' && after.type === 'LoadBalancer' && oldRanges!.length > 0 && ranges!.length === 0
      ? [danger(service, 'Its load balancer is open to every address.')]
      : []),
    ...(!before.publishNotReadyAddresses && after.publishNotReadyAddresses
      ? [danger(service, 'Names pods before they are ready.')]
      : []),
    ...(is && before.externalTrafficPolicy !== 'Local' && after.externalTrafficPolicy === 'Local'
      ? [effect(service, 'Nodes without a pod of it drop what comes from outside.')]
      : []),
  ];
}

function numberOf({ port, protocol = 'TCP' }: V1ServicePort): string {
  return `${port}/${protocol}`;
}
