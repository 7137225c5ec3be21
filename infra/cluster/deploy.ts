/**
 * Manifests to a cluster, and back. Server-side apply, under our own name and without force: where another manager has set
 * a field (an Argo CD, a person), the API server names both instead of letting the last one win.
 */
import type { KubernetesObject, V1Deployment, V1ReplicaSet } from '@kubernetes/client-node';

import { Advice, capture } from './command.ts';
import { CONTROLLER_PREFIX, HASH_LABEL, readInstall, revisionOf } from './install.ts';
import { waitForRollout } from './rollout.ts';
import type { Target } from './target.ts';
import { releasedImage } from '../deployment.ts';
import { ownerLabels, selectorText, VERSION_LABEL } from '../labels.ts';
import { MONITORING_GROUP } from '../monitoring/scrape.ts';
import { monitoringFile, synthesize } from '../synthesis.ts';

export const FIELD_MANAGER = 'time-service-deploy';

/** What an install may consist of, and pruning may remove; a Namespace is not among it. */
const OWN_KINDS = [
  'serviceaccounts',
  'roles.rbac.authorization.k8s.io',
  'rolebindings.rbac.authorization.k8s.io',
  'networkpolicies.networking.k8s.io',
  'services',
  'deployments.apps',
  'horizontalpodautoscalers.autoscaling',
  'poddisruptionbudgets.policy',
  'ingresses.networking.k8s.io',
  'configmaps',
];
/** Kinds that only some clusters know, by their API groups. */
const OPTIONAL_KINDS: Readonly<Record<string, readonly string[]>> = {
  'gateway.networking.k8s.io': ['httproutes', 'grpcroutes'],
  [MONITORING_GROUP]: ['servicemonitors', 'prometheusrules'],
};

/** Applies the manifests with an image, waits for the rollout, and removes what this version no longer has. */
export async function deploy(target: Target, image: string): Promise<void> {
  const { objects, isMonitored } = await readManifests(target, image);
  await apply(target, objects);
  console.log(`${objects.length} objects applied to ${target.context}, with ${image}`);
  if (!isMonitored) console.log(`Without ${monitoringFile(target.key)}: the cluster has no ${MONITORING_GROUP}.`);
  else if (target.environment.prometheusNamespace === undefined)
    console.log(
      'Only pods labelled time-service-access=admin may scrape it: the environment has no prometheusNamespace.',
    );
  await waitForRollout(target);
  await prune(target, objects);
}

/** What a deploy of an image applies: all that the cluster has kinds for. */
export async function readManifests(
  target: Target,
  image: string,
): Promise<{ readonly objects: readonly KubernetesObject[]; readonly isMonitored: boolean }> {
  const files = synthesize({ [target.key]: target.environment });
  const isMonitored = (await readKnownKinds(target, MONITORING_GROUP)).length > 0;
  if (!isMonitored) files.delete(monitoringFile(target.key));
  const objects = [...files.values()].flat();
  for (const object of objects)
    if (isDeploymentOf(target, object)) object.spec!.template.spec!.containers[0]!.image = image;
  return { objects, isMonitored };
}

/** The image that a cluster can pull, as the table has it. */
export function pullableImage(target: Target): string {
  const image = releasedImage(target.environment);
  if (image.includes('/')) return image;
  throw new Advice(
    `The nodes of ${target.context} cannot have ${image}, which names no registry: ` +
      `\`make push REGISTRY=…\`, and name what it pushed with IMAGE=….`,
  );
}

/**
 * Returns to the pod template before the present one, image and configuration together. It is applied under the same name
 * as a deploy, and not by `kubectl rollout undo`, whose fields the next deploy would be in conflict with.
 */
export async function rollBack(target: Target): Promise<void> {
  const { deployment, replicaSets } = await readInstall(target);
  const previous = replicaSets.find((set) => revisionOf(set) < revisionOf(deployment));
  if (!previous) throw new Advice(`${target.environment.name} has no revision before ${revisionOf(deployment)}.`);
  console.log(
    `From revision ${revisionOf(deployment)} to what was revision ${revisionOf(previous)}, with ${imageOf(previous)}`,
  );
  await apply(target, [withTemplateOf(deployment, previous)], '--force-conflicts');
  await waitForRollout(target);
}

/** Removes the install; what others may live in or by stays. */
export async function undeploy(target: Target): Promise<void> {
  await remove(target, await readOwned(target));
  const { namespace, metricsServer } = target.environment;
  console.log(`The namespace ${namespace} is left${metricsServer ? ', and metrics-server in kube-system' : ''}.`);
}

async function apply(target: Target, objects: readonly KubernetesObject[], ...flags: string[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const args = ['apply', '--server-side', '--field-manager', FIELD_MANAGER, ...flags, '--filename', '-'];
  await capture('kubectl', ['--context', target.context, ...args], list);
}

async function prune(target: Target, objects: readonly KubernetesObject[]): Promise<void> {
  const kept = new Set(objects.map(identify));
  await remove(
    target,
    (await readOwned(target)).filter((object) => !kept.has(identify(object))),
  );
}

async function remove(target: Target, objects: readonly KubernetesObject[]): Promise<void> {
  if (objects.length === 0) return;
  for (const { kind, metadata } of objects) console.log(`removing ${kind} ${metadata!.namespace}/${metadata!.name}`);
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await capture('kubectl', target.kubectl('delete', '--ignore-not-found', '--filename', '-'), list);
}

/** The objects in the cluster that a deploy of this install made. */
export async function readOwned(target: Target): Promise<KubernetesObject[]> {
  const optional = await Promise.all(Object.keys(OPTIONAL_KINDS).map((group) => readKnownKinds(target, group)));
  const kinds = [...OWN_KINDS, ...optional.flat()];
  return target.list(kinds.join(','), '--selector', selectorText(ownerLabels(target.environment)));
}

/** The optional kinds of a group that the cluster knows. */
async function readKnownKinds(target: Target, group: string): Promise<string[]> {
  const known = await capture('kubectl', target.kubectl('api-resources', '--api-group', group, '--output', 'name'));
  const kinds = OPTIONAL_KINDS[group]!.map((kind) => `${kind}.${group}`);
  return kinds.filter((kind) => known.split('\n').includes(kind));
}

function identify({ apiVersion, kind, metadata }: KubernetesObject): string {
  return `${apiVersion!.split('/')[0]} ${kind} ${metadata!.name}`;
}

function isDeploymentOf({ environment }: Target, object: KubernetesObject): object is V1Deployment {
  return object.kind === 'Deployment' && object.metadata!.name === environment.name;
}

function imageOf({ spec }: V1ReplicaSet): string {
  return spec!.template!.spec!.containers[0]!.image!;
}

/** A Deployment as it is, but for its pods; without what the cluster itself writes into it. */
function withTemplateOf(
  { apiVersion, kind, metadata, spec }: V1Deployment,
  { spec: set }: V1ReplicaSet,
): KubernetesObject {
  const { name, namespace } = metadata!;
  const { replicas: _, ...rest } = spec!;
  const template = structuredClone(set!.template!);
  delete template.metadata!.labels![HASH_LABEL];
  delete template.metadata!.creationTimestamp;
  const annotations = Object.fromEntries(
    Object.entries(metadata!.annotations ?? {}).filter(([key]) => !key.startsWith(CONTROLLER_PREFIX)),
  );
  const labels = { ...metadata!.labels, [VERSION_LABEL]: template.metadata!.labels![VERSION_LABEL] };
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels, annotations },
    spec: { ...rest, template },
  } as KubernetesObject;
}
