/**
 * A cluster of one node on which the review's claims are held against what happens. One that is there already is used and
 * left, so that a part of the suite is quick to run again.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  type KubernetesObject,
  type V1Status,
} from '@kubernetes/client-node';

import { buildImage } from '../../../infra/cluster/image.ts';
import { compare } from '../../../infra/review/comparison.ts';
import { ofKind } from '../../../infra/review/manifests.ts';
import type { Finding } from '../../../infra/review/rule.ts';
import { RULES } from '../../../infra/review/rules.ts';
import { needTool } from '../../outside-tool.ts';

const CLUSTER = 'time-service-review';
export const NODE = `${CLUSTER}-control-plane`;
export const IMAGE = 'time-service:0.1.0';
export const NODE_PROGRAM = '/nodejs/bin/node';
const FIELD_MANAGER = 'review-test';

const FOLDER = join(import.meta.dirname, '../../../build/review');
export const KUBECONFIG = join(FOLDER, 'kubeconfig');

export const config = new KubeConfig();
export const core = () => config.makeApiClient(CoreV1Api);
export const apps = () => config.makeApiClient(AppsV1Api);
let objects: KubernetesObjectApi;
let made = false;

const kind = (...args: string[]) =>
  execFileSync('kind', [...args, '--name', CLUSTER], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

export const mochaHooks = {
  async beforeAll(this: Mocha.Context) {
    this.timeout(600_000);
    needTool(this, 'docker', 'install Docker');
    needTool(this, 'kind', 'install kind');
    needTool(this, 'kubectl', 'install kubectl');
    mkdirSync(FOLDER, { recursive: true });
    if (!execFileSync('kind', ['get', 'clusters'], { encoding: 'utf8' }).split('\n').includes(CLUSTER)) {
      made = true;
      const image = process.env['KIND_IMAGE'] ?? 'kindest/node:v1.34.4';
      kind('create', 'cluster', '--image', image, '--kubeconfig', KUBECONFIG, '--wait', '120s');
      execFileSync('docker', ['tag', await buildImage(), IMAGE]);
      kind('load', 'docker-image', IMAGE);
    }
    writeFileSync(KUBECONFIG, kind('get', 'kubeconfig'));
    config.loadFromFile(KUBECONFIG);
    objects = KubernetesObjectApi.makeApiClient(config);
  },

  afterAll(this: Mocha.Context) {
    this.timeout(60_000);
    if (made) kind('delete', 'cluster');
    rmSync(FOLDER, { recursive: true });
  },
};

export function kubectl(...args: string[]): string {
  return execFileSync('kubectl', ['--kubeconfig', KUBECONFIG, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** The same objects in another namespace. */
export function moveTo<T extends KubernetesObject>(namespace: string, wanted: readonly T[]): T[] {
  return wanted.map((object) => {
    const moved = structuredClone(object) as T & { subjects?: { namespace?: string }[] };
    if (moved.kind === 'Namespace') moved.metadata!.name = namespace;
    else moved.metadata!.namespace = namespace;
    for (const subject of moved.subjects ?? []) if (subject.namespace !== undefined) subject.namespace = namespace;
    return moved;
  });
}

/** What `kubectl apply --server-side` does; with `dryRun`, what it would do. */
export async function applyOne(object: KubernetesObject, dryRun?: 'All'): Promise<KubernetesObject> {
  const sent = renameKey(object, 'from', '_from');
  const stored = await objects.patch(sent, undefined, dryRun, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
  return renameKey(stored, '_from', 'from');
}

/** The client's types call a policy's `from` by another name, and leave out what they do not know. */
function renameKey(object: KubernetesObject, from: string, to: string): KubernetesObject {
  if (object.kind !== 'NetworkPolicy') return object;
  return JSON.parse(JSON.stringify(object).replaceAll(`"${from}":`, `"${to}":`)) as KubernetesObject;
}

export const keyOf = ({ kind: of, metadata }: KubernetesObject) => `${of} ${metadata!.name}`;

/** Applies objects, and deletes those that are gone, as a deploy does; the refused ones and why. */
export async function apply(
  wanted: readonly KubernetesObject[],
  before: readonly KubernetesObject[] = [],
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const applyAll = (some: readonly KubernetesObject[]) =>
    Promise.all(
      some.map(async (object) =>
        applyOne(object).catch((error: unknown) => refused.set(keyOf(object), messageOf(error))),
      ),
    );
  // A pod of its own is refused until its account is there, which a controller would try again.
  await applyAll(wanted.filter(({ kind: of }) => of !== 'Pod'));
  await applyAll(ofKind(wanted, 'Pod'));
  const kept = new Set(wanted.map(keyOf));
  const gone = before.filter((object) => object.kind !== 'Namespace' && !kept.has(keyOf(object)));
  await Promise.all(gone.map(async (object) => objects.delete(object)));
  return refused;
}

export function messageOf(error: unknown): string {
  if (!(error instanceof ApiException)) return String(error);
  return (JSON.parse(String(error.body)) as V1Status).message ?? String(error);
}

/** Asks until the answer is the expected one; the last answer. */
export async function eventually<Answer>(
  expected: Answer,
  ask: () => Promise<Answer> | Answer,
  timeoutMs = 90_000,
): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (JSON.stringify(answer) === JSON.stringify(expected) || Date.now() > deadline) return answer;
    await delay(200);
  }
}

/** All that is said of a change. */
export function findingsOf(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): Finding[] {
  const comparison = compare(before, after);
  return RULES.flatMap((rule) => rule.judge(comparison));
}

export async function createNamespace(name: string): Promise<void> {
  await applyOne({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

/** Begins to delete a namespace, and what is in it. */
export async function deleteNamespace(name: string): Promise<void> {
  await core().deleteNamespace({ name });
}
