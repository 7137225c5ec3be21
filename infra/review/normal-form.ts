/**
 * Objects as the API server would store them. A manifest that says what is the default anyway, or writes 0.5 for 500m,
 * changes nothing in the cluster, and a review that showed it would teach people to skip it. The defaults are those of
 * Kubernetes 1.31 to 1.34 for the kinds that rules know; the number of replicas is left out, because whether a manifest
 * names it matters to an autoscaler. A real API server is asked whether they are right (test/cluster/review/cases.test.ts).
 * https://github.com/kubernetes/kubernetes/blob/v1.34.0/pkg/apis/core/v1/defaults.go
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { isPinned, parseImage } from './image.ts';
import { isKind } from './manifests.ts';
import { podSpecOf } from './workload.ts';
import { canonicalQuantity } from './quantity.ts';

type Fields = Record<string, unknown>;

/** A copy with the defaults filled in, quantities in their canonical form, and nothing that is empty. */
export function normalize<T extends KubernetesObject>(object: T): T {
  const copy = compact(object) as T;
  delete (copy as Fields)['status'];
  completeShape(copy);
  const spec = (copy as { spec?: Fields }).spec;
  if (spec) setKindDefaults(copy, spec);
  if (isKind(copy, 'RoleBinding', 'ClusterRoleBinding')) {
    fill(copy.roleRef, { apiGroup: RBAC_GROUP });
    for (const subject of copy.subjects ?? []) {
      if (subject.kind === 'ServiceAccount') delete subject.apiGroup;
      else fill(subject, { apiGroup: RBAC_GROUP });
    }
  }
  const pod = podSpecOf(copy);
  if (pod) setPodDefaults(pod as unknown as PodFields);
  return copy;
}

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** Where each kind holds what it cannot be without; what ends in [] is a list. */
const SHAPES: Readonly<Record<string, string>> = {
  ClusterRoleBinding: 'roleRef',
  CronJob: 'spec.jobTemplate.spec.template.spec.containers[]',
  DaemonSet: 'spec.template.spec.containers[]',
  Deployment: 'spec.template.spec.containers[]',
  HorizontalPodAutoscaler: 'spec.scaleTargetRef',
  Job: 'spec.template.spec.containers[]',
  NetworkPolicy: 'spec.podSelector',
  Pod: 'spec.containers[]',
  PodDisruptionBudget: 'spec',
  ReplicaSet: 'spec.template.spec.containers[]',
  RoleBinding: 'roleRef',
  Service: 'spec',
  StatefulSet: 'spec.template.spec.containers[]',
};

/** Patches of other tools lack parts that an API server would insist on; here they are empty, so that no rule need ask. */
function completeShape(object: KubernetesObject): void {
  let fields = object as Fields;
  for (const step of SHAPES[object.kind!]?.split('.') ?? []) {
    const [key = '', list] = step.split('[');
    fill(fields, { [key]: list === undefined ? {} : [] });
    fields = fields[key] as Fields;
  }
  if (isKind(object, 'Role', 'ClusterRole')) for (const rule of object.rules ?? []) fill(rule, { verbs: [] });
}

/** Leaves out null and empty lists, which the API server does not tell from nothing. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([, child]) => child !== undefined && child !== null && !(Array.isArray(child) && child.length === 0),
  );
  return Object.fromEntries(kept.map(([key, child]) => [key, compact(child)]));
}

function fill(fields: object, defaults: Fields): void {
  for (const [key, value] of Object.entries(defaults)) {
    if (!(key in fields)) Object.assign(fields, { [key]: value });
  }
}

function canonicalize(quantities: Fields | undefined): void {
  for (const key of Object.keys(quantities ?? {})) quantities![key] = canonicalQuantity(quantities![key]);
}

function setKindDefaults(object: KubernetesObject, spec: Fields): void {
  if (isKind(object, 'Deployment')) {
    fill(spec, { progressDeadlineSeconds: 600, revisionHistoryLimit: 10, strategy: {} });
    const strategy = spec['strategy'] as Fields;
    fill(strategy, { type: 'RollingUpdate' });
    if (strategy['type'] === 'RollingUpdate') {
      fill(strategy, { rollingUpdate: {} });
      fill(strategy['rollingUpdate'] as Fields, { maxSurge: '25%', maxUnavailable: '25%' });
    }
  } else if (isKind(object, 'StatefulSet')) {
    fill(spec, { podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10, updateStrategy: {} });
    fill(spec, { persistentVolumeClaimRetentionPolicy: {} });
    fill(spec['persistentVolumeClaimRetentionPolicy'] as Fields, { whenDeleted: 'Retain', whenScaled: 'Retain' });
    const strategy = spec['updateStrategy'] as Fields;
    // Unlike elsewhere, a type that is named gets no parameters.
    if (!('type' in strategy)) fill(strategy, { type: 'RollingUpdate', rollingUpdate: {} });
    if (strategy['rollingUpdate']) fill(strategy['rollingUpdate'], { partition: 0 });
  } else if (isKind(object, 'DaemonSet')) {
    fill(spec, { revisionHistoryLimit: 10, updateStrategy: {} });
    const strategy = spec['updateStrategy'] as Fields;
    fill(strategy, { type: 'RollingUpdate' });
    if (strategy['type'] === 'RollingUpdate') {
      fill(strategy, { rollingUpdate: {} });
      fill(strategy['rollingUpdate'] as Fields, { maxSurge: 0, maxUnavailable: 1 });
    }
  } else if (isKind(object, 'Service')) {
    fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
    if (spec['type'] !== 'ExternalName') fill(spec, { internalTrafficPolicy: 'Cluster' });
    if (['NodePort', 'LoadBalancer'].includes(String(spec['type']))) fill(spec, { externalTrafficPolicy: 'Cluster' });
    for (const port of (spec['ports'] ?? []) as Fields[]) fill(port, { protocol: 'TCP', targetPort: port['port'] });
  } else if (isKind(object, 'HorizontalPodAutoscaler')) {
    fill(spec, { minReplicas: 1 });
    for (const metric of (spec['metrics'] ?? []) as Record<string, { target?: Fields }>[]) {
      for (const { target } of Object.values(metric)) {
        if (target?.['averageValue'] !== undefined) canonicalize(target);
      }
    }
  } else if (isKind(object, 'NetworkPolicy')) {
    fill(spec, { policyTypes: spec['egress'] ? ['Ingress', 'Egress'] : ['Ingress'] });
    for (const rule of [...((spec['ingress'] ?? []) as Fields[]), ...((spec['egress'] ?? []) as Fields[])]) {
      for (const port of (rule['ports'] ?? []) as Fields[]) fill(port, { protocol: 'TCP' });
    }
  } else if (isKind(object, 'CronJob')) {
    fill(spec, {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  } else if (isKind(object, 'PersistentVolumeClaim')) {
    fill(spec, { volumeMode: 'Filesystem' });
    canonicalize((spec['resources'] as { requests?: Fields } | undefined)?.requests);
  }
}

interface PodFields extends Fields {
  containers?: ContainerFields[];
  initContainers?: ContainerFields[];
  volumes?: Record<string, Fields>[];
}

interface ContainerFields extends Fields {
  image?: string;
  ports?: Fields[];
  env?: { valueFrom?: { fieldRef?: Fields } }[];
  resources?: { requests?: Fields; limits?: Fields };
  lifecycle?: Record<string, { httpGet?: Fields }>;
}

function setPodDefaults(pod: PodFields): void {
  fill(pod, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  // The API server keeps the old name of this field beside the new one.
  delete pod['serviceAccount'];
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) if (pod[key] === false) delete pod[key];
  for (const container of [...(pod.containers ?? []), ...(pod.initContainers ?? [])]) setContainerDefaults(container);
  for (const volume of pod.volumes ?? []) {
    for (const source of ['configMap', 'secret', 'projected', 'downwardAPI']) {
      if (volume[source]) fill(volume[source], { defaultMode: 0o644 });
    }
    if (volume['hostPath']) fill(volume['hostPath'], { type: '' });
    if (volume['emptyDir'] && 'sizeLimit' in volume['emptyDir']) {
      volume['emptyDir']['sizeLimit'] = canonicalQuantity(volume['emptyDir']['sizeLimit']);
    }
  }
}

function setContainerDefaults(container: ContainerFields): void {
  const image = parseImage(container.image ?? '');
  fill(container, {
    imagePullPolicy: isPinned(image) ? 'IfNotPresent' : 'Always',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  for (const key of ['stdin', 'stdinOnce', 'tty']) if (container[key] === false) delete container[key];
  for (const port of container.ports ?? []) fill(port, { protocol: 'TCP' });
  for (const { valueFrom } of container.env ?? [])
    if (valueFrom?.fieldRef) fill(valueFrom.fieldRef, { apiVersion: 'v1' });
  canonicalize(container.resources?.requests);
  canonicalize(container.resources?.limits);
  for (const { httpGet } of Object.values(container.lifecycle ?? {})) {
    if (httpGet) fill(httpGet, { path: '/', scheme: 'HTTP' });
  }
  for (const key of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    const probe = container[key] as (Fields & { httpGet?: Fields; grpc?: Fields }) | undefined;
    if (!probe) continue;
    fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
    if (probe['initialDelaySeconds'] === 0) delete probe['initialDelaySeconds'];
    if (probe.httpGet) fill(probe.httpGet, { path: '/', scheme: 'HTTP' });
    if (probe.grpc) fill(probe.grpc, { service: '' });
  }
}
