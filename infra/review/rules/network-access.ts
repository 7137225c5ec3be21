/**
 * Who may talk to whom. Policies add up, and the first one that selects a pod closes everything it does not name; so the
 * question is not how one policy differs but what all of them together let through to the pods of each workload.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { BlockList, isIPv6 } from 'node:net';
import { isDeepStrictEqual } from 'node:util';

import type { Comparison } from '../comparison.ts';
import { identify, isKind, nameOf, namespaceOf, ofKind, type NetworkPolicy, type PolicyPeer } from '../manifests.ts';
import { danger, effect, type Finding, type Rule } from '../rule.ts';
import { describeSelector, matchesSelector } from '../selector.ts';
import { podTemplateOf, WORKLOAD_KINDS } from '../workload.ts';

export const networkAccess: Rule = {
  name: 'network-access',
  reference: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation',
  judge: (comparison) =>
    pairSubjects(comparison).flatMap((pair) => [
      ...judgeDirection(pair, 'Ingress', comparison),
      ...judgeDirection(pair, 'Egress', comparison),
    ]),
};

type Direction = 'Ingress' | 'Egress';
type Labels = Readonly<Record<string, string>>;

/** Pods that are asked about, as they are labelled before and after. */
interface Subject {
  readonly name: string;
  readonly namespace: string;
  readonly before: Labels;
  readonly after: Labels;
  /** What a finding is about where no policy has changed. */
  readonly object: KubernetesObject;
}

/** The workloads of both sides; where none is known to a changed policy, the pods that it names. */
function pairSubjects({ before, after, changes }: Comparison): Subject[] {
  const old = new Map(ofKind(before, ...WORKLOAD_KINDS).map((workload) => [identify(workload), workload]));
  const workloads = ofKind(after, ...WORKLOAD_KINDS).flatMap((workload): Subject[] => {
    const was = old.get(identify(workload));
    if (!was) return [];
    const [from, to] = [was, workload].map((one) => podTemplateOf(one)?.metadata?.labels ?? {}) as [Labels, Labels];
    const name = `${workload.kind} ${nameOf(workload)}`;
    return [{ name, namespace: namespaceOf(workload), before: from, after: to, object: workload }];
  });
  const alone = changes.flatMap((change): Subject[] => {
    const policy = change.after ?? change.before!;
    if (!isKind(policy, 'NetworkPolicy')) return [];
    const namespace = namespaceOf(policy);
    if ([...before, ...after].some((one) => isKind(one, ...WORKLOAD_KINDS) && namespaceOf(one) === namespace))
      return [];
    const labels = policy.spec?.podSelector?.matchLabels ?? {};
    const selected = describeSelector(policy.spec?.podSelector);
    const name = selected === '' ? 'every pod of the namespace' : `pods with ${selected}`;
    return [{ name, namespace, before: labels, after: labels, object: policy }];
  });
  return [...workloads, ...alone];
}

/** Traffic that is let through: no peer is everyone, no port is every port. */
interface Flow {
  readonly peer: PolicyPeer | undefined;
  readonly port: Port | undefined;
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

const EVERYTHING: Flow = { peer: undefined, port: undefined };

const WORDS = {
  Ingress: { may: 'may be reached', mayNot: 'can no longer be reached', by: 'by' },
  Egress: { may: 'may reach', mayNot: 'can no longer reach', by: '' },
} as const;

function judgeDirection(subject: Subject, direction: Direction, { before, after, changes }: Comparison): Finding[] {
  const old = flowsOf(ofKind(before, 'NetworkPolicy'), subject.namespace, subject.before, direction);
  const young = flowsOf(ofKind(after, 'NetworkPolicy'), subject.namespace, subject.after, direction);
  const gained = young.filter((flow) => !old.some((other) => covers(other, flow)));
  const lost = old.filter((flow) => !young.some((other) => covers(other, flow)));
  const changed = changes
    .map((change) => change.after ?? change.before!)
    .find((object) => isKind(object, 'NetworkPolicy') && namespaceOf(object) === subject.namespace);
  const object = changed ?? subject.object;
  const { may, mayNot } = WORDS[direction];
  const open = gained.filter(({ peer }) => isEveryone(peer));
  const named = gained.filter(({ peer }) => !isEveryone(peer));
  const left = young.filter((flow) => lost.some((other) => covers(other, flow)));
  const only = left.length === 0 ? '' : `, only ${describe(left, direction)}`;
  return [
    ...(open.length > 0 ? [danger(object, `${subject.name} ${may} ${describe(open, direction)}.`)] : []),
    ...(named.length > 0 ? [effect(object, `${subject.name} ${may} ${describe(named, direction)}.`)] : []),
    ...(lost.length > 0 ? [danger(object, `${subject.name} ${mayNot} ${describe(lost, direction)}${only}.`)] : []),
  ];
}

function flowsOf(policies: readonly NetworkPolicy[], namespace: string, labels: Labels, direction: Direction): Flow[] {
  const guarding = policies.filter(
    (policy) =>
      namespaceOf(policy) === namespace &&
      policy.spec?.policyTypes?.includes(direction) &&
      matchesSelector(policy.spec.podSelector ?? {}, labels),
  );
  if (guarding.length === 0) return [EVERYTHING];
  return guarding.flatMap(({ spec }) => {
    const rules =
      direction === 'Ingress'
        ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
        : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
    return rules.flatMap(({ peers, ports }) =>
      (peers ?? [undefined]).flatMap((peer) => (ports ?? [undefined]).map((port): Flow => ({ peer, port }))),
    );
  });
}

function covers(wide: Flow, narrow: Flow): boolean {
  return coversPeer(wide.peer, narrow.peer) && coversPort(wide.port, narrow.port);
}

function coversPeer(wide: PolicyPeer | undefined, narrow: PolicyPeer | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  if (isDeepStrictEqual(wide, narrow)) return true;
  if (wide.ipBlock || narrow.ipBlock) {
    return (
      !!wide.ipBlock && !!narrow.ipBlock && !wide.ipBlock.except && coversCidr(wide.ipBlock.cidr, narrow.ipBlock.cidr)
    );
  }
  const namespaces =
    isDeepStrictEqual(wide.namespaceSelector, narrow.namespaceSelector) ||
    (wide.namespaceSelector !== undefined && describeSelector(wide.namespaceSelector) === '');
  const allPods = wide.podSelector === undefined || describeSelector(wide.podSelector) === '';
  return namespaces && (allPods || isDeepStrictEqual(wide.podSelector, narrow.podSelector));
}

function coversCidr(wide: string, narrow: string): boolean {
  const [[address, bits], [other, otherBits]] = [wide, narrow].map((cidr) => cidr.split('/')) as [
    [string, string],
    [string, string],
  ];
  if (isIPv6(address) !== isIPv6(other) || Number(otherBits) < Number(bits)) return false;
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const range = new BlockList();
  range.addSubnet(address, Number(bits), family);
  return range.check(other, family);
}

function coversPort(wide: Port | undefined, narrow: Port | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined || wide.protocol !== narrow.protocol) return false;
  if (wide.port === undefined) return true;
  if (typeof wide.port === 'string' || typeof narrow.port !== 'number') return wide.port === narrow.port;
  return wide.port <= narrow.port && (narrow.endPort ?? narrow.port) <= (wide.endPort ?? wide.port);
}

/** Addresses of the whole world are as good as no peer at all. */
function isEveryone(peer: PolicyPeer | undefined): boolean {
  return peer === undefined || (peer.ipBlock !== undefined && peer.ipBlock.cidr.endsWith('/0'));
}

/** "by everyone on TCP 8080; by pods with app=a on every port". */
function describe(flows: readonly Flow[], direction: Direction): string {
  const groups = Map.groupBy(flows, ({ peer }) => describePeer(peer));
  return [...groups]
    .map(([peer, ones]) => {
      const ports = [...new Set(ones.map(({ port }) => describePort(port)))].join(', ');
      return `${WORDS[direction].by} ${peer} on ${ports}`.trim();
    })
    .join('; ');
}

function describePeer(peer: PolicyPeer | undefined): string {
  if (peer === undefined) return 'everyone';
  if (peer.ipBlock) {
    const except = peer.ipBlock.except?.length ? ` except ${peer.ipBlock.except.join(', ')}` : '';
    return `${peer.ipBlock.cidr}${except}`;
  }
  const pods = describeSelector(peer.podSelector);
  const who = pods === '' ? 'every pod' : `pods with ${pods}`;
  if (!peer.namespaceSelector) return `${who} of the namespace`;
  const namespaces = describeSelector(peer.namespaceSelector);
  return `${who} of ${namespaces === '' ? 'every namespace' : `namespaces with ${namespaces}`}`;
}

function describePort(port: Port | undefined): string {
  if (port === undefined) return 'every port';
  const range = port.endPort === undefined ? '' : `-${port.endPort}`;
  return `${port.protocol} ${port.port ?? 'on every port'}${range}`;
}
