/**
 * The install that the cases change: small, and such that a real cluster runs it. Each call gives new objects.
 */
import type { KubernetesObject, V1Container, V1DaemonSet, V1StatefulSet } from '@kubernetes/client-node';

import type { Kinds, NetworkPolicy } from '../../../infra/review/manifests.ts';

const namespace = 'review';
const metadata = { name: 'clock', namespace };
const app = { app: 'clock' };
const rbac = 'rbac.authorization.k8s.io';

export interface Install {
  namespace: Kinds['Namespace'];
  account: Kinds['ServiceAccount'];
  settings: Kinds['ConfigMap'];
  role: Kinds['Role'];
  binding: Kinds['RoleBinding'];
  policy: NetworkPolicy & { spec: NonNullable<NetworkPolicy['spec']> };
  service: Kinds['Service'];
  deployment: Kinds['Deployment'];
  autoscaler: Kinds['HorizontalPodAutoscaler'];
  budget: Kinds['PodDisruptionBudget'];
  /** What only some cases have. */
  others: KubernetesObject[];
}

export function makeInstall(): Install {
  return {
    namespace: {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    account: { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    settings: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata }, data: { zone: 'Europe/Paris' } },
    role: {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['services'], verbs: ['get', 'list'] }],
    },
    binding: {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'clock' },
      subjects: [{ kind: 'ServiceAccount', name: 'clock', namespace }],
    },
    policy: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { ...metadata },
      spec: {
        podSelector: { matchLabels: app },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          { ports: [{ port: 8080, protocol: 'TCP' }] },
          { from: [{ podSelector: { matchLabels: { scrapes: 'yes' } } }], ports: [{ port: 8081, protocol: 'TCP' }] },
        ],
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ port: 53, protocol: 'UDP' }] }],
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata },
      spec: { selector: { ...app }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
    },
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata },
      spec: {
        selector: { matchLabels: { ...app } },
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: {
          metadata: { labels: { ...app } },
          spec: {
            serviceAccountName: 'clock',
            terminationGracePeriodSeconds: 10,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            containers: [makeContainer()],
          },
        },
      },
    },
    autoscaler: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { ...metadata },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'clock' },
        minReplicas: 2,
        maxReplicas: 4,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
        ],
      },
    },
    budget: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { ...metadata },
      spec: { maxUnavailable: 1, selector: { matchLabels: { ...app } }, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    },
    others: [],
  };
}

function makeContainer(): V1Container {
  return {
    name: 'clock',
    image: 'time-service:0.1.0',
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'DRAIN_TIMEOUT_MS', value: '2000' },
      { name: 'KEEP_ALIVE_TIMEOUT_MS', value: '500' },
      { name: 'DEFAULT_ZONE', valueFrom: { configMapKeyRef: { name: 'clock', key: 'zone' } } },
    ],
    ports: [
      { name: 'http', containerPort: 8080 },
      { name: 'admin', containerPort: 8081 },
    ],
    startupProbe: { httpGet: { path: '/startupz', port: 'admin' }, periodSeconds: 1, failureThreshold: 30 },
    readinessProbe: { httpGet: { path: '/readyz', port: 'admin' }, periodSeconds: 2, failureThreshold: 1 },
    livenessProbe: { httpGet: { path: '/livez', port: 'admin' } },
    lifecycle: { preStop: { sleep: { seconds: 1 } } },
    resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '192Mi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
}

export function containerOf({ deployment }: Install): V1Container {
  return deployment.spec!.template.spec!.containers[0]!;
}

export function objectsOf({ others, ...named }: Install): KubernetesObject[] {
  return [...Object.values(named), ...others];
}

/** An edit that adds a StatefulSet without pods. */
export function addStatefulSet(install: Install): void {
  const { selector, template } = relabel(install, 'store');
  install.others.push({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'store', namespace },
    spec: { replicas: 0, serviceName: 'clock', selector, template },
  } as V1StatefulSet);
}

/** An edit that adds a DaemonSet. */
export function addDaemonSet(install: Install): void {
  const { selector, template } = relabel(install, 'agent');
  install.others.push({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace },
    spec: { selector, template },
  } as V1DaemonSet);
}

/** The Deployment's pods under another label. */
function relabel({ deployment }: Install, name: string) {
  const labels = { app: name };
  const template = structuredClone(deployment.spec!.template);
  template.metadata!.labels = labels;
  return { selector: { matchLabels: labels }, template };
}

export function statefulSetOf({ others }: Install): V1StatefulSet {
  return others[0] as V1StatefulSet;
}

export function daemonSetOf({ others }: Install): V1DaemonSet {
  return others[0] as V1DaemonSet;
}

/** An edit of the pods of a workload. */
export function addVariableTo({ spec }: Kinds['Deployment' | 'StatefulSet' | 'DaemonSet']): void {
  spec!.template.spec!.containers[0]!.env!.push({ name: 'LOG_LEVEL', value: 'warn' });
}

/** An edit that takes objects away. */
export function without(...keys: readonly Exclude<keyof Install, 'others'>[]): (install: Install) => void {
  return (install) => {
    for (const key of keys) Reflect.deleteProperty(install, key);
  };
}
