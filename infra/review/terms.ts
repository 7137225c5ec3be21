/**
 * Fields in the words of those who read them: "memory limit 128Mi → 96Mi" rather than a path of eight steps. What has no
 * words here is called by its path. Values of Secrets are never shown.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import type { FieldChange } from './comparison.ts';

/** The first pattern that fits gives the words; each `*` is one step of the path, in the order of the arguments. */
const TERMS: readonly [string, (...steps: string[]) => string][] = [
  ['metadata labels *', (name) => `label ${name}`],
  ['metadata annotations *', (name) => `annotation ${name}`],
  ['pod labels *', (name) => `pod label ${name}`],
  ['pod annotations *', (name) => `pod annotation ${name}`],
  ['pod containers *', (name) => `container ${name}`],
  ['pod initContainers *', (name) => `init container ${name}`],
  ['pod containers * image', (name) => `${name}: image`],
  ['pod containers * env *', (name, variable) => `${name}: variable ${variable}`],
  ['pod containers * env * value', (name, variable) => `${name}: variable ${variable}`],
  ['pod containers * resources limits *', (name, resource) => `${name}: ${resource} limit`],
  ['pod containers * resources requests *', (name, resource) => `${name}: ${resource} request`],
  ['pod containers * startupProbe *', (name, setting) => `${name}: startup probe ${setting}`],
  ['pod containers * readinessProbe *', (name, setting) => `${name}: readiness probe ${setting}`],
  ['pod containers * livenessProbe *', (name, setting) => `${name}: liveness probe ${setting}`],
  ['pod containers * startupProbe', (name) => `${name}: startup probe`],
  ['pod containers * readinessProbe', (name) => `${name}: readiness probe`],
  ['pod containers * livenessProbe', (name) => `${name}: liveness probe`],
  ['pod containers * lifecycle preStop sleep seconds', (name) => `${name}: preStop sleep, s`],
  ['pod containers * ports *', (name, port) => `${name}: port ${port}`],
  ['pod terminationGracePeriodSeconds', () => 'grace period, s'],
  ['pod nodeSelector *', (label) => `node label ${label}`],
  ['pod serviceAccountName', () => 'service account'],
  ['spec replicas', () => 'pods'],
  ['spec minReplicas', () => 'fewest pods'],
  ['spec maxReplicas', () => 'most pods'],
  ['spec minReadySeconds', () => 'seconds a pod is ready before it counts'],
  ['spec progressDeadlineSeconds', () => 'progress deadline, s'],
  ['spec strategy rollingUpdate maxSurge', () => 'pods above the number in a rollout'],
  ['spec strategy rollingUpdate maxUnavailable', () => 'pods below the number in a rollout'],
  ['spec strategy type', () => 'rollout strategy'],
  ['spec behavior scaleDown stabilizationWindowSeconds', () => 'window before pods are taken away, s'],
  ['spec behavior scaleUp stabilizationWindowSeconds', () => 'window before pods are added, s'],
  ['spec ports * nodePort', (port) => `port ${port}: node port`],
  ['spec ports * targetPort', (port) => `port ${port}: target`],
  ['spec ports * port', (port) => `port ${port}: number`],
  ['spec ports *', (port) => `port ${port}`],
];

const POD_PATHS = ['spec template', 'spec jobTemplate spec template'];
const MOST_CHARACTERS = 80;

/** One line: what the field is called, and how it changes. */
export function describeField({ path, before, after }: FieldChange, object: KubernetesObject): string {
  const term = describePath(path, object);
  const secret = object.kind === 'Secret' && /^(data|stringData)$/.test(path[0] ?? '');
  const [from, to] = [before, after].map((value) => (secret ? '(hidden)' : describeValue(value)));
  if (before === undefined) return `${term}: ${to}, where there was none`;
  if (after === undefined) return `${term}: none, where there was ${from}`;
  return `${term} ${from} → ${to}`;
}

function describePath(path: readonly string[], object: KubernetesObject): string {
  const steps = toPodPath(path, object);
  for (const [pattern, words] of TERMS) {
    const parts = pattern.split(' ');
    if (parts.length === steps.length && parts.every((part, index) => part === '*' || part === steps[index])) {
      return words(...steps.filter((_, index) => parts[index] === '*'));
    }
  }
  return path.length === 0 ? 'order' : path.map((step) => (/^[\w-]+$/.test(step) ? step : `[${step}]`)).join('.');
}

/** Writes the way to a pod's own fields in one way for all workloads. */
function toPodPath(path: readonly string[], { kind }: KubernetesObject): readonly string[] {
  if (kind === 'Pod' && path[0] === 'spec') return ['pod', ...path.slice(1)];
  const prefix = POD_PATHS.map((one) => one.split(' ')).find((one) => one.every((step, index) => step === path[index]));
  // Both `spec` and `metadata` of a template are the pod.
  return prefix ? ['pod', ...path.slice(prefix.length + 1)] : path;
}

function describeValue(value: unknown): string {
  // A variable is its value, unless it comes from elsewhere.
  const shown = isValueAlone(value) ? value.value : value;
  const text = typeof shown === 'string' ? shown : JSON.stringify(shown ?? null);
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}

function isValueAlone(value: unknown): value is { value: unknown } {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'value';
}
