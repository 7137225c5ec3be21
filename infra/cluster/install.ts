/** An install as the cluster has it, read in one call, and what its parts say about themselves. */
import type {
  KubernetesObject,
  V1ContainerStatus,
  V1Deployment,
  V1Pod,
  V1ReplicaSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

import { Advice } from './command.ts';
import type { Target } from './target.ts';
import { selectorLabels, selectorText } from '../labels.ts';

/** What the Deployment's controller annotates with. */
export const CONTROLLER_PREFIX = 'deployment.kubernetes.io/';
const REVISION_ANNOTATION = `${CONTROLLER_PREFIX}revision`;
export const HASH_LABEL = 'pod-template-hash';

export interface Install {
  readonly deployment: V1Deployment;
  /** The newest revision first. */
  readonly replicaSets: readonly V1ReplicaSet[];
  readonly pods: readonly V1Pod[];
  readonly autoscaler: V2HorizontalPodAutoscaler | undefined;
}

/** @throws Advice when nothing is installed there */
export async function readInstall(target: Target): Promise<Install> {
  const kinds = 'deployments.apps,replicasets.apps,pods,horizontalpodautoscalers.autoscaling';
  const found = await target.list<KubernetesObject>(
    kinds,
    '--selector',
    selectorText(selectorLabels(target.environment)),
  );
  const ofKind = (kind: string) => found.filter((object) => object.kind === kind);
  const [deployment] = ofKind('Deployment') as V1Deployment[];
  if (!deployment) {
    const { name, namespace } = target.environment;
    throw new Advice(
      `There is no ${name} in the namespace ${namespace} at ${target.context}: run \`make deploy ${target.variables}\`.`,
    );
  }
  const replicaSets = ofKind('ReplicaSet') as V1ReplicaSet[];
  return {
    deployment,
    replicaSets: replicaSets.toSorted((a, b) => revisionOf(b) - revisionOf(a)),
    pods: ofKind('Pod'),
    autoscaler: (ofKind('HorizontalPodAutoscaler') as V2HorizontalPodAutoscaler[])[0],
  };
}

export function revisionOf({ metadata }: KubernetesObject): number {
  return Number(metadata?.annotations?.[REVISION_ANNOTATION] ?? 0);
}

/** Why the cluster takes no more pods: a quota, a policy. */
export function refusalOf({ deployment }: Install): string | undefined {
  return deployment.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')?.message;
}

/** The pods of the newest revision that the controller knows. */
export function newPods({ deployment, replicaSets, pods }: Install): V1Pod[] {
  const current = replicaSets.find((set) => revisionOf(set) === revisionOf(deployment));
  const hash = current?.metadata?.labels?.[HASH_LABEL];
  return pods.filter(({ metadata }) => metadata?.labels?.[HASH_LABEL] === hash);
}

export function containersOf({ status }: V1Pod): V1ContainerStatus[] {
  return status?.containerStatuses ?? [];
}

/** Whether a pod serves. */
export function isReady(pod: V1Pod): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** How a container's last run ended: `OOMKilled (exit code 137)`. */
export function lastEnd({ lastState }: V1ContainerStatus): string | undefined {
  const end = lastState?.terminated;
  return end && `${end.reason ?? 'ended'} (exit code ${end.exitCode})`;
}

/** Why a pod does not serve, as far as it can tell. */
export function troublesOf(pod: V1Pod): string[] {
  const containers = containersOf(pod);
  const waits = containers.map(({ state }) => state?.waiting).filter((wait) => wait !== undefined);
  const ends = containers.map(lastEnd).filter((end) => end !== undefined);
  const unscheduled = pod.status?.conditions?.filter(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  const troubles = [...waits, ...(unscheduled ?? [])].map(({ reason, message }) => [reason, message]);
  return [...troubles.map((parts) => parts.filter(Boolean).join(': ')), ...ends.map((end) => `last run: ${end}`)];
}
