/**
 * How a replacement of the pods goes: how many at once, how few serve meanwhile, how long at most. The time that images
 * take to be pulled and pods to be placed is not in the manifests; where a pod does not become ready, the rollout is
 * reported as failed after its progress deadline.
 */
import type { V1Container } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

import type { Kinds } from '../manifests.ts';
import { count, danger, effect, updatesOf, type Finding, type Rule } from '../rule.ts';
import { podCountOf, podSpecOf, podTemplateOf, type PodCount } from '../workload.ts';

export const rollout: Rule = {
  name: 'rollout',
  reference: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment',
  judge: (comparison) =>
    updatesOf(comparison, 'Deployment').flatMap(({ before, after }): Finding[] => {
      const pods = podCountOf(after, comparison.after);
      const { strategy, paused } = after.spec ?? {};
      if (!pods || pods.most === 0 || paused || strategy?.type === 'Recreate') return [];
      if (isDeepStrictEqual(podTemplateOf(before), podTemplateOf(after))) return [];
      return [judgeRollout(after, pods)];
    }),
};

function judgeRollout(deployment: Kinds['Deployment'], pods: PodCount): Finding {
  const [least, most] = [planRollout(deployment, pods.least), planRollout(deployment, pods.most)];
  const pace = `Up to ${most.atOnce} of ${count(pods.most, 'pod')} start at once`;
  const deadline = `without progress for ${deployment.spec!.progressDeadlineSeconds} s it is reported as failed`;
  const rest = `${pace}: ${describeDuration(deployment, most.waves)}; ${deadline}.`;
  if (least.unavailable >= pods.least) return danger(deployment, `No pod may serve for a while. ${rest}`);
  const missing = `Up to ${most.unavailable} of ${count(pods.most, 'pod')} are missing meanwhile.`;
  return effect(deployment, `${most.unavailable === 0 ? 'No pod is missing meanwhile.' : missing} ${rest}`);
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

function describeDuration(deployment: Kinds['Deployment'], waves: number): string {
  const starts = (podSpecOf(deployment)?.containers ?? []).map(longestStartSeconds);
  const counted = count(waves, 'wave');
  if (starts.includes(undefined)) return `${counted} of pods whose probes set no limit to their start`;
  const seconds = Math.max(...starts.map(Number)) + (deployment.spec?.minReadySeconds ?? 0);
  return `${counted} of at most ${seconds} s, ${waves * seconds} s in all, once pods are placed and images pulled`;
}

/** How long a container may take until it counts as ready; undefined where only a startup probe could say. */
function longestStartSeconds({ startupProbe, readinessProbe }: V1Container): number | undefined {
  if (!startupProbe) return readinessProbe ? undefined : 0;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = startupProbe;
  const ready = readinessProbe ? (readinessProbe.periodSeconds ?? 10) + (readinessProbe.timeoutSeconds ?? 1) : 0;
  return initialDelaySeconds + periodSeconds * failureThreshold + timeoutSeconds + ready;
}
