/**
 * Waiting for a rollout, and saying why it does not come to its end. A pod whose image cannot be had or whose process ends
 * again and again is not waited for any longer, although the cluster goes on trying.
 */
import { setTimeout as delay } from 'node:timers/promises';

import type { CoreV1Event, V1Pod } from '@kubernetes/client-node';

import { Advice, capture, CommandError } from './command.ts';
import { containersOf, isReady, newPods, readInstall, refusalOf, troublesOf, type Install } from './install.ts';
import type { Target } from './target.ts';

const POLL_MS = 1000;
const LOG_LINES = 10;
const EVENTS = 5;

const HOPELESS = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

/** @throws Advice with events and log lines when the rollout fails */
export async function waitForRollout(target: Target): Promise<void> {
  let said = '';
  let saidMs = 0;
  for (;;) {
    const install = await readInstall(target);
    const { isDone, summary } = progressOf(install);
    if (summary !== said) {
      console.log(summary);
      said = summary;
      saidMs = performance.now();
    }
    const failure = findFailure(install, performance.now() - saidMs);
    if (failure !== undefined) throw new Advice(await explain(target, install, failure));
    if (isDone) return;
    await delay(POLL_MS);
  }
}

function progressOf({ deployment, autoscaler }: Install): { isDone: boolean; summary: string } {
  const { metadata, spec, status } = deployment;
  // On a first install the Deployment begins with one pod, and the autoscaler asks for the rest.
  const wanted = Math.max(spec!.replicas ?? 1, autoscaler?.spec?.minReplicas ?? 1);
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  const isSeen = (status?.observedGeneration ?? 0) >= metadata!.generation!;
  return {
    isDone: isSeen && replicas === wanted && updatedReplicas === wanted && availableReplicas === wanted,
    summary: isSeen
      ? `${updatedReplicas} of ${wanted} pods updated, ${availableReplicas} available`
      : 'waiting for the controller',
  };
}

/** @param stillMs for how long nothing has moved */
function findFailure(install: Install, stillMs: number): string | undefined {
  const { metadata, spec, status } = install.deployment;
  if ((status?.observedGeneration ?? 0) < metadata!.generation!) return undefined;
  const hopeless = newPods(install).find((pod) =>
    containersOf(pod).some(({ state }) => HOPELESS.has(state?.waiting?.reason ?? '')),
  );
  if (hopeless) return `${hopeless.metadata!.name} cannot start`;
  // The Deployment's own deadline is over with its first pod, and those that the autoscaler adds have none.
  const isLate =
    status?.conditions?.some(({ reason }) => reason === 'ProgressDeadlineExceeded') ||
    stillMs > spec!.progressDeadlineSeconds! * 1000;
  return isLate ? 'it made no progress within its deadline' : undefined;
}

async function explain(target: Target, install: Install, failure: string): Promise<string> {
  const lines = [`The rollout of ${target.environment.name} failed: ${failure}.`];
  const refusal = refusalOf(install);
  if (refusal !== undefined) lines.push(`  ${refusal}`);
  const pods = newPods(install);
  const pod = pods.find((one) => !isReady(one) && troublesOf(one).length > 0) ?? pods.find((one) => !isReady(one));
  if (pod) lines.push(...(await explainPod(target, pod)));
  const old = install.pods.filter((one) => !pods.includes(one) && isReady(one));
  if (old.length > 0)
    lines.push(
      `${old.length} pods of the version before go on serving; \`make rollback ${target.variables}\` returns to it.`,
    );
  return lines.join('\n');
}

async function explainPod(target: Target, pod: V1Pod): Promise<string[]> {
  const name = pod.metadata!.name!;
  const events = await target.list<CoreV1Event>(
    'events',
    '--field-selector',
    `involvedObject.name=${name}`,
    '--sort-by',
    '.lastTimestamp',
  );
  const warnings = events.filter(({ type }) => type === 'Warning').slice(-EVENTS);
  const log = await readLog(target, pod);
  return [
    ...troublesOf(pod).map((trouble) => `  ${name}: ${trouble}`),
    ...warnings.map(({ reason, message }) => `  event ${reason}: ${message}`),
    ...log.map((line) => `  log: ${line}`),
  ];
}

/** The last lines that a pod logged, of the run before if that one has ended. */
async function readLog(target: Target, pod: V1Pod): Promise<string[]> {
  const isBetweenRuns = containersOf(pod).some(({ state, restartCount }) => state?.waiting && restartCount > 0);
  const previous = isBetweenRuns ? ['--previous'] : [];
  try {
    const log = await capture(
      'kubectl',
      target.kubectl('logs', pod.metadata!.name!, '--tail', String(LOG_LINES), ...previous),
    );
    return log.split('\n').filter(Boolean);
  } catch (error) {
    // A container that never ran has no log, and kubectl counts that as a failure.
    if (!(error instanceof CommandError)) throw error;
    return [];
  }
}
