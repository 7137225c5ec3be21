/** What makes pods: which ones, and how many. */
import type { KubernetesObject, V1Container, V1PodSpec, V1PodTemplateSpec } from '@kubernetes/client-node';

import { isKind, nameOf, namespaceOf, ofKind, type Kinds } from './manifests.ts';
import { matchesSelector } from './selector.ts';

/** The kinds that keep a number of pods running. */
export const LASTING_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'] as const;
export type LastingWorkload = Kinds[(typeof LASTING_KINDS)[number]];

export const WORKLOAD_KINDS = [...LASTING_KINDS, 'Job', 'CronJob', 'Pod'] as const;
export type Workload = Kinds[(typeof WORKLOAD_KINDS)[number]];

/** The template of an object's pods; a Pod is its own. */
export function podTemplateOf(object: KubernetesObject): V1PodTemplateSpec | undefined {
  if (isKind(object, 'Pod')) return object;
  if (isKind(object, 'CronJob')) return object.spec?.jobTemplate?.spec?.template;
  if (isKind(object, ...LASTING_KINDS, 'Job')) return object.spec?.template;
  return undefined;
}

export function podSpecOf(object: KubernetesObject): V1PodSpec | undefined {
  return podTemplateOf(object)?.spec;
}

export function containersOf(object: KubernetesObject): V1Container[] {
  const pod = podSpecOf(object);
  return [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
}

/** Whether an object of the same namespace selects the pods of a workload. */
export function selectsPodsOf(
  owner: KubernetesObject,
  selector: Parameters<typeof matchesSelector>[0],
  workload: KubernetesObject,
): boolean {
  return (
    namespaceOf(owner) === namespaceOf(workload) &&
    matchesSelector(selector, podTemplateOf(workload)?.metadata?.labels ?? {})
  );
}

/** The autoscaler of a workload. */
export function autoscalerOf(
  workload: KubernetesObject,
  objects: readonly KubernetesObject[],
): Kinds['HorizontalPodAutoscaler'] | undefined {
  return ofKind(objects, 'HorizontalPodAutoscaler').find(
    (autoscaler) =>
      autoscaler.spec?.scaleTargetRef.kind === workload.kind &&
      autoscaler.spec?.scaleTargetRef.name === nameOf(workload) &&
      namespaceOf(autoscaler) === namespaceOf(workload),
  );
}

export interface PodCount {
  readonly least: number;
  readonly most: number;
}

/** How many pods a workload may have; undefined where its nodes decide. */
export function podCountOf(workload: KubernetesObject, objects: readonly KubernetesObject[]): PodCount | undefined {
  if (!isKind(workload, 'Deployment', 'StatefulSet', 'ReplicaSet')) return undefined;
  const replicas = workload.spec?.replicas ?? 1;
  const limits = autoscalerOf(workload, objects)?.spec;
  // An autoscaler leaves a workload alone that has been scaled to nothing.
  if (!limits || replicas === 0) return { least: replicas, most: replicas };
  return { least: limits.minReplicas ?? 1, most: limits.maxReplicas };
}

/** Whether a new template reaches pods that run, without someone deleting them. */
export function replacesPods(workload: Kinds['Deployment' | 'StatefulSet' | 'DaemonSet']): boolean {
  if (isKind(workload, 'Deployment')) return !workload.spec?.paused;
  return workload.spec?.updateStrategy?.type !== 'OnDelete';
}

/** How many of a StatefulSet's pods a new template reaches: those whose number is not below the partition. */
export function countReplaced({ spec }: Kinds['StatefulSet'], pods: number): number {
  const first = spec?.ordinals?.start ?? 0;
  const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  return Math.min(pods, Math.max(0, first + pods - partition));
}
