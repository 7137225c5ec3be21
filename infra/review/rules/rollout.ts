/**
 * How a replacement of the pods goes: how many at once, how few serve meanwhile, how long at most. The time that images
 * take to be pulled and pods to be placed is not in the manifests; where a pod does not become ready, the rollout of a
 * Deployment is reported as failed after its progress deadline, and that of the other kinds stands still.
 */
import type { KubernetesObject, V1Container } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

import { isKind, type Kinds } from '../manifests.ts';
import { count, danger, effect, updatesOf, type Finding, type Rule } from '../rule.ts';
import { countReplaced, podCountOf, podSpecOf, podTemplateOf, replacesPods, type PodCount } from '../workload.ts';

export const rollout: Rule = {
  name: 'rollout',
  reference: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment',
  judge: (comparison) =>
    updatesOf(comparison, 'Deployment', 'StatefulSet', 'DaemonSet').flatMap(({ before, after }): Finding[] => {
      if (isDeepStrictEqual(podTemplateOf(before), podTemplateOf(after)) || !replacesPods(after)) return [];
      if (isKind(after, 'DaemonSet')) return [judgeDaemonSet(after)];
      const pods = podCountOf(after, comparison.after)!;
      if (pods.most === 0) return [];
      return isKind(after, 'StatefulSet') ? judgeStatefulSet(after, pods) : [judgeDeployment(after, pods)];
    }),
};

function judgeDeployment(deployment: Kinds['Deployment'], pods: PodCount): Finding {
  const deadline = `without progress for ${deployment.spec!.progressDeadlineSeconds} s it is reported as failed`;
  if (deployment.spec!.strategy!.type === 'Recreate') {
    return effect(deployment, `${describeDuration(deployment, 1, graceSecondsOf(deployment))}; ${deadline}.`);
  }
  const [least, most] = [planRollout(deployment, pods.least), planRollout(deployment, pods.most)];
  const duration = `${describePace(most.atOnce, pods.most)}: ${describeDuration(deployment, most.waves)}`;
  const rest = `${duration}; ${deadline}.`;
  if (least.unavailable >= pods.least) return danger(deployment, `No pod may serve for a while. ${rest}`);
  if (most.unavailable === 0) return effect(deployment, `No pod is missing meanwhile. ${rest}`);
  const are = most.unavailable === 1 ? 'is' : 'are';
  return effect(
    deployment,
    `Up to ${most.unavailable} of ${count(pods.most, 'pod')} ${are} missing meanwhile. ${rest}`,
  );
}

function describePace(atOnce: number, pods: number): string {
  return `Up to ${atOnce} of ${count(pods, 'pod')} ${atOnce === 1 ? 'starts' : 'start'} at once`;
}

/** One by one from the last on, whatever podManagementPolicy says: its `maxUnavailable` is off by default up to 1.34. */
function judgeStatefulSet(set: Kinds['StatefulSet'], pods: PodCount): Finding[] {
  const replaced = countReplaced(set, pods.most);
  if (replaced === 0) return [];
  const pace = `${count(replaced, 'pod')} one by one, the last first, each gone before its new one starts`;
  const text = `${pace}: ${describeDuration(set, replaced, graceSecondsOf(set))}; it stands still at one that does not become ready.`;
  return [pods.least === 1 ? danger(set, `No pod may serve for a while. ${text}`) : effect(set, text)];
}

/** Its number of nodes is not in the manifests, so it has no number of waves. */
function judgeDaemonSet(set: Kinds['DaemonSet']): Finding {
  const { maxSurge, maxUnavailable } = set.spec!.updateStrategy!.rollingUpdate!;
  const stands = 'it stands still at one that does not become ready';
  if (isNone(maxSurge!)) {
    const wave = describeWave(set, graceSecondsOf(set));
    return effect(set, `On ${describeNodes(maxUnavailable!)} at once its pod is missing, for ${wave}; ${stands}.`);
  }
  const nodes = describeNodes(maxSurge!);
  return effect(set, `No pod is missing meanwhile: on ${nodes} at once a new one starts beside the old; ${stands}.`);
}

function describeNodes(amount: number | string): string {
  return typeof amount === 'number' ? count(amount, 'node') : `${amount} of the nodes`;
}

function isNone(amount: number | string): boolean {
  return Number.parseFloat(String(amount)) === 0;
}

interface Plan {
  readonly unavailable: number;
  readonly atOnce: number;
  readonly waves: number;
}

/** The surge is rounded up, what may be missing is rounded down; both nothing means one may be missing. */
function planRollout({ spec }: Kinds['Deployment'], pods: number): Plan {
  const { maxSurge = '25%', maxUnavailable = '25%' } = spec?.strategy?.rollingUpdate ?? {};
  const surge = resolve(maxSurge, pods, Math.ceil);
  const missing = Math.min(pods, resolve(maxUnavailable, pods, Math.floor));
  const unavailable = surge === 0 && missing === 0 ? 1 : missing;
  const atOnce = Math.min(pods, surge + unavailable);
  return { unavailable, atOnce, waves: Math.ceil(pods / atOnce) };
}

function resolve(amount: number | string, pods: number, round: (value: number) => number): number {
  return typeof amount === 'number' ? amount : round((Number.parseFloat(amount) * pods) / 100);
}

type Rolled = Kinds['Deployment' | 'StatefulSet' | 'DaemonSet'];

/** @param endSeconds how long an old pod may take to end, where the new one waits for that */
function describeDuration(workload: Rolled, waves: number, endSeconds = 0): string {
  const seconds = waveSecondsOf(workload, endSeconds);
  const counted = count(waves, 'wave');
  if (seconds === undefined) return `${counted} of pods whose probes set no limit to their start`;
  return `${counted} of at most ${seconds} s, ${waves * seconds} s in all, once pods are placed and images pulled`;
}

function describeWave(workload: Rolled, endSeconds: number): string {
  const seconds = waveSecondsOf(workload, endSeconds);
  return seconds === undefined ? 'as long as it takes to start, which no probe limits' : `at most ${seconds} s`;
}

function waveSecondsOf(workload: Rolled, endSeconds: number): number | undefined {
  const starts = (podSpecOf(workload)?.containers ?? []).map(longestStartSeconds);
  if (starts.includes(undefined)) return undefined;
  return endSeconds + Math.max(0, ...starts.map(Number)) + (workload.spec?.minReadySeconds ?? 0);
}

function graceSecondsOf(workload: KubernetesObject): number {
  return podSpecOf(workload)?.terminationGracePeriodSeconds ?? 30;
}

/** How long a container may take until it counts as ready; undefined where only a startup probe could say. */
function longestStartSeconds({ startupProbe, readinessProbe }: V1Container): number | undefined {
  if (!startupProbe) return readinessProbe ? undefined : 0;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = startupProbe;
  const ready = readinessProbe ? (readinessProbe.periodSeconds ?? 10) + (readinessProbe.timeoutSeconds ?? 1) : 0;
  return initialDelaySeconds + periodSeconds * failureThreshold + timeoutSeconds + ready;
}
