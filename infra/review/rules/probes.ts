/**
 * Probes have to fit each other, the container's ports and the rollout: a pod should be taken out of service before it is
 * killed, a start may take as long as the startup probe allows, and the rollout must not give up before that.
 */
import type { KubernetesObject, V1Container, V1Probe } from '@kubernetes/client-node';

import { isKind, ofKind } from '../manifests.ts';
import { danger, effect, introduced, updatesOf, type Finding, type Rule } from '../rule.ts';
import { podSpecOf, WORKLOAD_KINDS } from '../workload.ts';

export const probes: Rule = {
  name: 'probes',
  reference: 'https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/',
  judge: (comparison) => [
    ...introduced(comparison, (objects) => ofKind(objects, ...WORKLOAD_KINDS).flatMap(findMisfits)),
    ...updatesOf(comparison, ...WORKLOAD_KINDS).flatMap(({ before, after }) => {
      const old = new Map(podSpecOf(before)?.containers.map((container) => [container.name, container]));
      return (podSpecOf(after)?.containers ?? []).flatMap((container) => {
        const was = old.get(container.name);
        return was ? judgeContainer(after, was, container) : [];
      });
    }),
  ],
};

const PROBES = { startupProbe: 'startup', readinessProbe: 'readiness', livenessProbe: 'liveness' } as const;

function findMisfits(workload: KubernetesObject): Finding[] {
  const deployment = isKind(workload, 'Deployment') ? workload.spec : undefined;
  const { progressDeadlineSeconds = 600, minReadySeconds = 0 } = deployment ?? {};
  const { containers } = podSpecOf(workload)!;
  const late = containers.filter((container) => startSecondsOf(container) >= progressDeadlineSeconds);
  return [
    ...containers.flatMap((container) => findMissingPorts(workload, container)),
    ...containers.flatMap(({ name, livenessProbe, readinessProbe }) => {
      const [killed, out] = [livenessProbe, readinessProbe].map((probe) => probe && secondsOf(probe));
      if (killed === undefined || out === undefined || killed >= out) return [];
      return [
        danger(
          workload,
          `${name} is restarted after ${killed} s of trouble, before readiness takes it out of service after ${out} s.`,
        ),
      ];
    }),
    ...(deployment ? late : []).map((container) => {
      const allowed = `${container.name} may take ${startSecondsOf(container)} s to start`;
      return danger(
        workload,
        `A rollout is reported as failed too early: ${allowed}, the progress deadline is ${progressDeadlineSeconds} s.`,
      );
    }),
    ...(deployment && minReadySeconds >= progressDeadlineSeconds
      ? [
          danger(
            workload,
            `Apply fails: minReadySeconds ${minReadySeconds} is not below progressDeadlineSeconds ${progressDeadlineSeconds}.`,
          ),
        ]
      : []),
  ];
}

function findMissingPorts(workload: KubernetesObject, container: V1Container): Finding[] {
  const names = new Set(container.ports?.map(({ name }) => name));
  return Object.entries(PROBES).flatMap(([key, word]) => {
    const probe = container[key as keyof typeof PROBES];
    const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
    if (typeof port !== 'string' || names.has(port)) return [];
    return [
      danger(workload, `The ${word} probe of ${container.name} always fails: no port of it is called \`${port}\`.`),
    ];
  });
}

function judgeContainer(workload: KubernetesObject, before: V1Container, after: V1Container): Finding[] {
  const { name, livenessProbe, readinessProbe } = after;
  const [was, is] = [longestStartOf(before), longestStartOf(after)];
  return [
    ...(before.readinessProbe && !readinessProbe
      ? [danger(workload, `${name} gets requests as soon as it runs, ready or not: it has no readiness probe.`)]
      : []),
    ...(before.livenessProbe && !livenessProbe
      ? [effect(workload, `${name} is not restarted when it hangs: it has no liveness probe.`)]
      : []),
    ...(is < was && Number.isFinite(is)
      ? [
          danger(
            workload,
            `${name} is killed unless it starts within ${is} s${Number.isFinite(was) ? `; it had ${was} s` : ''}.`,
          ),
        ]
      : []),
  ];
}

/** How long a container has until a probe kills it at its start. */
function longestStartOf({ startupProbe, livenessProbe }: V1Container): number {
  const probe = startupProbe ?? livenessProbe;
  return probe ? (probe.initialDelaySeconds ?? 0) + secondsOf(probe) : Infinity;
}

function startSecondsOf({ startupProbe }: V1Container): number {
  return startupProbe ? (startupProbe.initialDelaySeconds ?? 0) + secondsOf(startupProbe) : 0;
}

/** How long a probe has to fail until that counts. */
function secondsOf({ periodSeconds = 10, failureThreshold = 3 }: V1Probe): number {
  return periodSeconds * failureThreshold;
}
