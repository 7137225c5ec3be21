/**
 * metrics-server, without which an autoscaler knows no load. It is the project's own `components.yaml`, but that kubelets
 * are believed without a certificate, because kind's sign their own.
 * https://github.com/kubernetes-sigs/metrics-server/releases/tag/v0.9.0
 */
import type {
  V1APIService,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1Deployment,
  V1RoleBinding,
  V1Service,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { ApiObject, type Chart } from 'cdk8s';

const IMAGE = 'registry.k8s.io/metrics-server/metrics-server:v0.9.0';
const PORT = 10_250;

const name = 'metrics-server';
const namespace = 'kube-system';
const labels = { 'k8s-app': name };
const metadata = { name, namespace, labels };
const rbac = 'rbac.authorization.k8s.io';
const subjects = [{ kind: 'ServiceAccount', name, namespace }];

const serviceAccount = { apiVersion: 'v1', kind: 'ServiceAccount', metadata } satisfies V1ServiceAccount;

const readerRole = {
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: {
    name: 'system:aggregated-metrics-reader',
    labels: {
      ...labels,
      ...Object.fromEntries(
        ['admin', 'edit', 'view'].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true']),
      ),
    },
  },
  rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
} satisfies V1ClusterRole;

const role = {
  apiVersion: `${rbac}/v1`,
  kind: 'ClusterRole',
  metadata: { name: `system:${name}`, labels },
  rules: [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ],
} satisfies V1ClusterRole;

const authReaderBinding = {
  apiVersion: `${rbac}/v1`,
  kind: 'RoleBinding',
  metadata: { name: `${name}-auth-reader`, namespace, labels },
  roleRef: { apiGroup: rbac, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
  subjects,
} satisfies V1RoleBinding;

const clusterRoleBinding = (bindingName: string, roleName: string) =>
  ({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: bindingName, labels },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: roleName },
    subjects,
  }) satisfies V1ClusterRoleBinding;

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: {
    selector: labels,
    ports: [{ name: 'https', appProtocol: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }],
  },
} satisfies V1Service;

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    selector: { matchLabels: labels },
    strategy: { rollingUpdate: { maxUnavailable: 0 } },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        priorityClassName: 'system-cluster-critical',
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        containers: [
          {
            name,
            image: IMAGE,
            imagePullPolicy: 'IfNotPresent',
            args: [
              '--cert-dir=/tmp',
              `--secure-port=${PORT}`,
              '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
              '--kubelet-use-node-status-port',
              '--metric-resolution=15s',
              '--kubelet-insecure-tls',
            ],
            ports: [{ name: 'https', containerPort: PORT, protocol: 'TCP' }],
            livenessProbe: { httpGet: { path: '/livez', port: 'https', scheme: 'HTTPS' }, periodSeconds: 10 },
            readinessProbe: {
              httpGet: { path: '/readyz', port: 'https', scheme: 'HTTPS' },
              initialDelaySeconds: 20,
              periodSeconds: 10,
            },
            resources: { requests: { cpu: '100m', memory: '200Mi' }, limits: { memory: '400Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              readOnlyRootFilesystem: true,
              runAsNonRoot: true,
              runAsUser: 1000,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            volumeMounts: [{ name: 'certificates', mountPath: '/tmp' }],
          },
        ],
        volumes: [{ name: 'certificates', emptyDir: {} }],
      },
    },
  },
} satisfies V1Deployment;

const apiService = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v1beta1.metrics.k8s.io', labels },
  spec: {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { name, namespace },
  },
} satisfies V1APIService;

export function addMetricsServer(chart: Chart): void {
  const objects = [
    serviceAccount,
    readerRole,
    role,
    authReaderBinding,
    clusterRoleBinding(`${name}:system:auth-delegator`, 'system:auth-delegator'),
    clusterRoleBinding(`system:${name}`, role.metadata.name),
    service,
    deployment,
    apiService,
  ];
  for (const object of objects) new ApiObject(chart, `${object.kind}-${object.metadata.name}`, object);
}
