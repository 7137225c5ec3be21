/**
 * What containers reserve and may use. A limit below its request is refused; without a memory limit a pod may take its
 * node's memory; and the class of service decides who is evicted first when a node runs short.
 */
import type { KubernetesObject, V1Container } from '@kubernetes/client-node';

import { ofKind } from '../manifests.ts';
import { canonicalQuantity, parseQuantity } from '../quantity.ts';
import { count, danger, effect, introduced, updatesOf, type Finding, type Rule } from '../rule.ts';
import { containersOf, podCountOf, podSpecOf, WORKLOAD_KINDS } from '../workload.ts';

export const resources: Rule = {
  name: 'resources',
  reference: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/',
  judge: (comparison) => [
    ...introduced(comparison, (objects) => ofKind(objects, ...WORKLOAD_KINDS).flatMap(findBelowRequest)),
    ...updatesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }) => {
      const [was, is] = [before, after].map(classOf);
      const pods = podCountOf(after, comparison.after)?.most ?? 1;
      return [
        ...containersOf(after).flatMap((container) => {
          const old = containersOf(before).find(({ name }) => name === container.name);
          return old ? judgeMemory(after, old, container) : [];
        }),
        ...(was === is
          ? []
          : [effect(after, `Its pods are ${is}, no longer ${was}, when a node runs short of memory.`)]),
        ...['cpu', 'memory'].flatMap((name) => {
          const [from, to] = [before, after].map((workload) => reservedBy(workload, name));
          if (from === to) return [];
          const amounts = [to!, from!].map((worth) => write(worth * BigInt(pods), name));
          return [effect(after, `With ${count(pods, 'pod')} it reserves ${name} ${amounts.join(' instead of ')}.`)];
        }),
      ];
    }),
  ],
};

function findBelowRequest(workload: KubernetesObject): Finding[] {
  return containersOf(workload).flatMap(({ name, resources: amounts }) =>
    Object.entries(amounts?.requests ?? {}).flatMap(([key, request]) => {
      const limit = amounts?.limits?.[key];
      if (limit === undefined || parseQuantity(request)! <= parseQuantity(limit)!) return [];
      return [danger(workload, `Apply fails: ${name} requests ${key} ${request}, more than its limit ${limit}.`)];
    }),
  );
}

function judgeMemory(workload: KubernetesObject, before: V1Container, after: V1Container): Finding[] {
  const [from, to] = [before, after].map((container) => container.resources?.limits?.['memory']);
  if (from === to || from === undefined) return [];
  if (to === undefined) return [effect(workload, `${after.name} may take all memory of its node: it has no limit.`)];
  if (parseQuantity(to)! > parseQuantity(from)!) return [];
  return [danger(workload, `${after.name} is killed when it uses more than ${to}; it was allowed ${from}.`)];
}

/** https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/#quality-of-service-classes */
function classOf(workload: KubernetesObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const amounts = containersOf(workload).map((container) => container.resources ?? {});
  const all = amounts.flatMap(({ requests, limits }) => Object.keys({ ...requests, ...limits }));
  if (!all.some((key) => key === 'cpu' || key === 'memory')) return 'BestEffort';
  const same = amounts.every(({ requests, limits }) =>
    ['cpu', 'memory'].every((key) => limits?.[key] !== undefined && (requests?.[key] ?? limits[key]) === limits[key]),
  );
  return same ? 'Guaranteed' : 'Burstable';
}

/** What the containers of one pod reserve, in billionths; a limit counts where there is no request. */
function reservedBy(workload: KubernetesObject, name: string): bigint {
  return (podSpecOf(workload)?.containers ?? [])
    .map(({ resources: amounts }) => parseQuantity(amounts?.requests?.[name] ?? amounts?.limits?.[name] ?? '0') ?? 0n)
    .reduce((sum, worth) => sum + worth, 0n);
}

function write(worth: bigint, name: string): string {
  return String(canonicalQuantity(name === 'memory' ? `${worth / (1024n * 10n ** 9n)}Ki` : `${worth / 10n ** 6n}m`));
}
