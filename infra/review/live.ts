/**
 * The cluster as it is, and as an apply would leave it. The API server is asked with a dry run under the name that
 * deploys have, so that defaults are its own, the fields of other managers stay theirs, and what it refuses is refused here.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { capture, CommandError } from '../cluster/command.ts';
import { FIELD_MANAGER, pullableImage, readManifests, readOwned } from '../cluster/deploy.ts';
import { contentImage } from '../cluster/image.ts';
import type { Target } from '../cluster/target.ts';
import type { Refusal } from './report.ts';
import { identify } from './manifests.ts';

export interface LiveStates {
  readonly before: readonly KubernetesObject[];
  readonly after: readonly KubernetesObject[];
  readonly refusals: readonly Refusal[];
}

/**
 * What a deploy of an environment would change.
 *
 * @param image without it that of a deploy which names none: on kind, of the present content
 */
export async function readLive(
  target: Target,
  image = target.kindCluster === undefined ? pullableImage(target) : contentImage(),
): Promise<LiveStates> {
  const { objects: manifests } = await readManifests(target, image);
  const kept = new Set(manifests.map(identify));
  const pruned = (await readOwned(target)).filter((object) => !kept.has(identify(object)));
  const { before, after, refusals } = await readStates(target.context, manifests);
  return { before: [...before, ...pruned.map(strip)], after, refusals };
}

/** The present and the future state of the objects that some manifests describe. */
export async function readStates(context: string, manifests: readonly KubernetesObject[]): Promise<LiveStates> {
  const present = await readPresent(context, manifests);
  const answers = await dryRun(context, manifests);
  const before: KubernetesObject[] = [];
  const after: KubernetesObject[] = [];
  const refusals: Refusal[] = [];
  for (const [index, manifest] of manifests.entries()) {
    const was = present.get(identify(manifest));
    const answer = answers[index]!;
    if (typeof answer === 'string') refusals.push({ object: manifest, message: answer });
    const will = typeof answer === 'object' ? strip(answer) : overlay(was, manifest);
    if (was) before.push(was);
    after.push(will);
    leaveReplicas(manifest, was, will);
  }
  return { before, after, refusals };
}

async function readPresent(
  context: string,
  manifests: readonly KubernetesObject[],
): Promise<Map<string, KubernetesObject>> {
  const args = ['--context', context, 'get', '--ignore-not-found', '--output', 'json', '--filename', '-'];
  const found = await capture('kubectl', args, asList(manifests));
  return new Map(readItems(found).map((object) => [identify(object), strip(object)]));
}

/** For each manifest what would be stored, or why it is refused; undefined where its namespace is yet to be made. */
async function dryRun(
  context: string,
  manifests: readonly KubernetesObject[],
): Promise<(KubernetesObject | string | undefined)[]> {
  try {
    return await applyDry(context, manifests);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
  }
  // One refusal hides the answers to the others: each is asked alone.
  const answers: (KubernetesObject | string | undefined)[] = [];
  for (const manifest of manifests) {
    try {
      answers.push(...(await applyDry(context, [manifest])));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      const missing = error.stderr.includes(`namespaces "${manifest.metadata?.namespace}" not found`);
      answers.push(missing ? undefined : reasonOf(error));
    }
  }
  return answers;
}

/** kubectl's message without its advice, which is about its own flags. */
function reasonOf({ message }: CommandError): string {
  return message
    .replace(/\nPlease review the fields above[^]*/, '')
    .replace(/^error: /i, '')
    .replaceAll(/\s+/g, ' ');
}

async function applyDry(context: string, manifests: readonly KubernetesObject[]): Promise<KubernetesObject[]> {
  const flags = ['--server-side', '--dry-run=server', '--field-manager', FIELD_MANAGER, '--output', 'json'];
  return readItems(
    await capture('kubectl', ['--context', context, 'apply', ...flags, '--filename', '-'], asList(manifests)),
  );
}

function asList(items: readonly KubernetesObject[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** kubectl answers with a List for several objects, with the object for one, and with nothing for none. */
function readItems(text: string): KubernetesObject[] {
  if (text.trim() === '') return [];
  const answer = JSON.parse(text) as KubernetesObject & { items?: KubernetesObject[] };
  return answer.items ?? [answer];
}

/** What the API server and its controllers write into every object. */
const SERVER_FIELDS = ['creationTimestamp', 'generation', 'managedFields', 'resourceVersion', 'uid'] as const;
const SERVER_ANNOTATIONS = ['deployment.kubernetes.io/revision', 'kubectl.kubernetes.io/last-applied-configuration'];

function strip(object: KubernetesObject): KubernetesObject {
  const copy = structuredClone(object);
  const metadata = copy.metadata ?? {};
  for (const field of SERVER_FIELDS) delete metadata[field];
  for (const annotation of SERVER_ANNOTATIONS) delete metadata.annotations?.[annotation];
  if (metadata.annotations && Object.keys(metadata.annotations).length === 0) delete metadata.annotations;
  return copy;
}

/** Writes a manifest over what is there: the nearest to what was asked for where the API server gives no answer. */
function overlay(present: KubernetesObject | undefined, manifest: KubernetesObject): KubernetesObject {
  return merge(present ?? {}, manifest) as KubernetesObject;
}

function merge(under: unknown, over: unknown): unknown {
  const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isRecord(under) || !isRecord(over)) return over;
  const entries = Object.entries(over as object).map(([key, value]) => [
    key,
    merge((under as Record<string, unknown>)[key], value),
  ]);
  return { ...(under as object), ...Object.fromEntries(entries) };
}

/** A number of pods that the manifest leaves to the autoscaler is none of its own; one that it takes back is. */
function leaveReplicas(
  manifest: KubernetesObject,
  before: KubernetesObject | undefined,
  after: KubernetesObject,
): void {
  const [spec, was, will] = [manifest, before, after].map(
    (one) => (one as { spec?: { replicas?: number } } | undefined)?.spec,
  );
  if (!will || spec?.replicas !== undefined) return;
  if (was?.replicas === will.replicas) delete was?.replicas;
  delete will.replicas;
}
