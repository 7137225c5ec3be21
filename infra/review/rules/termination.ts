/**
 * What a container may do before it is killed fits into the pod's grace period, preStop included: the clock starts before
 * preStop, not after it. A drain time that the container is given by DRAIN_TIMEOUT_MS, as this project's is, counts too.
 */
import type { KubernetesObject, V1Container } from '@kubernetes/client-node';

import { ofKind } from '../manifests.ts';
import { danger, effect, introduced, updatesOf, type Finding, type Rule } from '../rule.ts';
import { podSpecOf, selectsPodsOf, WORKLOAD_KINDS } from '../workload.ts';

export const termination: Rule = {
  name: 'termination',
  reference: 'https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/#hook-handler-execution',
  judge: (comparison) => [
    ...introduced(comparison, (objects) => ofKind(objects, ...WORKLOAD_KINDS).flatMap(findShortGrace)),
    ...updatesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }) => {
      const served = ofKind(comparison.after, 'Service').some(
        (service) => service.spec?.selector && selectsPodsOf(service, { matchLabels: service.spec.selector }, after),
      );
      const old = new Map(podSpecOf(before)?.containers.map((one) => [one.name, one]));
      return (podSpecOf(after)?.containers ?? [])
        .filter(({ name, lifecycle }) => served && old.get(name)?.lifecycle?.preStop && !lifecycle?.preStop)
        .map(({ name }) =>
          effect(after, `${name} begins to end while endpoint lists still name it: it has no preStop.`),
        );
    }),
  ],
};

/** What kubelet leaves a container after its preStop, however little of the grace period is left. */
const LEAST_SECONDS = 2;

function findShortGrace(workload: KubernetesObject): Finding[] {
  const { containers, terminationGracePeriodSeconds: graceSeconds = 30 } = podSpecOf(workload)!;
  return containers.flatMap((container) => {
    const text = describeShortGrace(container, graceSeconds);
    return text === undefined ? [] : [danger(workload, text)];
  });
}

function describeShortGrace(container: V1Container, graceSeconds: number): string | undefined {
  const { name, lifecycle } = container;
  const sleepSeconds = lifecycle?.preStop?.sleep?.seconds ?? 0;
  const grace = `the grace period of ${graceSeconds} s`;
  if (sleepSeconds > graceSeconds) {
    return `Apply fails: ${name} sleeps ${sleepSeconds} s in preStop, longer than ${grace}.`;
  }
  const [preStopSeconds, drainSeconds] = [preStopSecondsOf(container), drainSecondsOf(container)];
  if (drainSeconds >= Math.max(LEAST_SECONDS, graceSeconds - preStopSeconds)) {
    const times = `preStop ${preStopSeconds} s and its drain ${drainSeconds} s`;
    return `${name} is killed before it has drained: ${times} take all of ${grace}.`;
  }
  if (preStopSeconds > 0 && preStopSeconds >= graceSeconds) {
    return `${name} is killed unless it ends within ${LEAST_SECONDS} s: its preStop of ${preStopSeconds} s takes all of ${grace}.`;
  }
  return undefined;
}

/** The native sleep, or a command that sleeps. */
function preStopSecondsOf({ lifecycle }: V1Container): number {
  const { sleep, exec } = lifecycle?.preStop ?? {};
  const command = /\bsleep (\d+)/.exec(exec?.command?.join(' ') ?? '');
  return sleep?.seconds ?? Number(command?.[1] ?? 0);
}

function drainSecondsOf({ env = [] }: V1Container): number {
  return Number(env.find(({ name }) => name === 'DRAIN_TIMEOUT_MS')?.value ?? 0) / 1000;
}
