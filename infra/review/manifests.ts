/**
 * Manifests as the rules see them: plain objects of the Kubernetes API, found by kind and told apart by what the API
 * server tells them apart by. The version of an API group is no part of that, so that an object moves to a newer one
 * and stays itself.
 */
import type {
  KubernetesObject,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1CronJob,
  V1DaemonSet,
  V1Deployment,
  V1Job,
  V1LabelSelector,
  V1Namespace,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { parseAllDocuments, type Tags } from 'yaml';

import { Advice } from '../cluster/command.ts';

/** The client's own type calls a rule's `from` by another name. */
export interface NetworkPolicy extends KubernetesObject {
  readonly spec?: {
    readonly podSelector?: V1LabelSelector;
    readonly policyTypes?: string[];
    readonly ingress?: (PolicyPorts & { readonly from?: PolicyPeer[] })[];
    readonly egress?: (PolicyPorts & { readonly to?: PolicyPeer[] })[];
  };
}

interface PolicyPorts {
  readonly ports?: { readonly port?: number | string; readonly endPort?: number; readonly protocol?: string }[];
}

export interface PolicyPeer {
  readonly podSelector?: V1LabelSelector;
  readonly namespaceSelector?: V1LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: string[] };
}

/** The kinds that some rule knows. */
export interface Kinds {
  ClusterRole: V1ClusterRole;
  ClusterRoleBinding: V1ClusterRoleBinding;
  ConfigMap: V1ConfigMap;
  CronJob: V1CronJob;
  DaemonSet: V1DaemonSet;
  Deployment: V1Deployment;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  Job: V1Job;
  Namespace: V1Namespace;
  NetworkPolicy: NetworkPolicy;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
  Pod: V1Pod;
  PodDisruptionBudget: V1PodDisruptionBudget;
  ReplicaSet: V1ReplicaSet;
  Role: V1Role;
  RoleBinding: V1RoleBinding;
  Secret: V1Secret;
  Service: V1Service;
  ServiceAccount: V1ServiceAccount;
  StatefulSet: V1StatefulSet;
}

export type Kind = keyof Kinds;

export function isKind<K extends Kind>(object: KubernetesObject, ...kinds: readonly K[]): object is Kinds[K] {
  return (kinds as readonly string[]).includes(object.kind ?? '');
}

export function ofKind<K extends Kind>(objects: readonly KubernetesObject[], ...kinds: readonly K[]): Kinds[K][] {
  return objects.filter((object) => isKind(object, ...kinds));
}

export function nameOf({ metadata }: KubernetesObject): string {
  return metadata?.name ?? '';
}

export function namespaceOf({ metadata }: KubernetesObject): string {
  return metadata?.namespace ?? 'default';
}

/** What the API server tells objects apart by. */
export function identify(object: KubernetesObject): string {
  const { apiVersion = '', kind = '', metadata } = object;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, metadata?.namespace ?? '', nameOf(object)].join('/');
}

/**
 * Reads the objects of a YAML or JSON text; Lists are unpacked, empty documents skipped.
 *
 * @throws Advice with the source's name and the document's number where the text is no YAML, or no object of Kubernetes
 */
export function parseManifests(text: string, source: string): KubernetesObject[] {
  return parseAllDocuments(text, { version: '1.1', customTags: readAsKubectl }).flatMap((document, index) => {
    const where = `${source}, document ${index + 1}`;
    const [error] = document.errors;
    if (error) throw new Advice(`${where}: ${error.message.trim()}`);
    const value = readDocument(document, where);
    return value === null ? [] : unpack(value, where);
  });
}

/**
 * kubectl reads YAML 1.1, where `<<` merges, 0644 is octal and `yes` is true; but it takes neither a date nor 12:30 for
 * more than a string. https://github.com/kubernetes-sigs/yaml/blob/v1.4.0/goyaml.v2/README.md
 */
function readAsKubectl(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || (tag.tag !== TIMESTAMP && tag.format !== 'TIME'));
}

const TIMESTAMP = 'tag:yaml.org,2002:timestamp';

function readDocument(document: ReturnType<typeof parseAllDocuments>[number], where: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new Advice(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

interface Listed extends KubernetesObject {
  readonly items?: readonly unknown[];
}

function unpack(value: unknown, where: string): KubernetesObject[] {
  const object: Listed = typeof value === 'object' && value !== null ? value : {};
  if (Array.isArray(object.items) && object.kind?.endsWith('List')) {
    return object.items.flatMap((item, index) => unpack(item, `${where}, item ${index + 1}`));
  }
  if (object.apiVersion && object.kind && nameOf(object)) return [object];
  const got = JSON.stringify(value).slice(0, 80);
  const advice = ADVICE.find(([pattern]) => pattern.test(`${object.apiVersion} ${object.kind}`))?.[1] ?? '';
  throw new Advice(`${where}: expected apiVersion, kind and metadata.name, got ${got}${advice}`);
}

/** What is no object of Kubernetes but makes some. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^kustomize\.config\.k8s\.io\//, '; compare what `kustomize build` makes of it'],
  [/^v\d undefined$/, '; compare what `helm template` makes of a chart'],
];
