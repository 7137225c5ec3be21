/**
 * Which files are looked at together. The objects of one install know each other: a budget its pods, a Namespace what is
 * in it. A folder is one install, unless it holds an object twice; then it holds an install for each name before a file's
 * first dot, as dist/ does: `kind.yaml` and `kind.namespace.yaml` are one, `production.yaml` is another.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { Advice } from '../cluster/command.ts';
import { identify, nameOf, parseManifests } from './manifests.ts';

/** Texts by the paths of their files. */
export type Files = ReadonlyMap<string, string>;

/** Objects by the names of their installs. */
export type Installs = ReadonlyMap<string, readonly KubernetesObject[]>;

/**
 * Sorts two states of the files into installs, both in the same way.
 *
 * @throws Advice where an object stands twice in an install
 */
export function groupInstalls(before: Files, after: Files): { before: Installs; after: Installs } {
  const [old, young] = [before, after].map(readFiles) as [FiledObject[], FiledObject[]];
  const split = [old, young].some((files) => findTwice(files) !== undefined);
  const group = (files: readonly FiledObject[]): Installs =>
    new Map(
      [...Map.groupBy(files, ({ path }) => (split ? nameInstall(path) : ''))].map(([name, ones]) => [
        name,
        objectsOf(ones),
      ]),
    );
  return { before: group(old), after: group(young) };
}

interface FiledObject {
  readonly path: string;
  readonly object: KubernetesObject;
}

function readFiles(files: Files): FiledObject[] {
  return [...files].flatMap(([path, text]) => parseManifests(text, path).map((object) => ({ path, object })));
}

function objectsOf(files: readonly FiledObject[]): KubernetesObject[] {
  const twice = findTwice(files);
  if (!twice) return files.map(({ object }) => object);
  const [one, other] = twice;
  const { kind } = one.object;
  const where = one.path === other.path ? `twice in ${one.path}` : `in ${one.path} and in ${other.path}`;
  throw new Advice(`Expected each object once, got ${kind} ${nameOf(one.object)} ${where}`);
}

function findTwice(files: readonly FiledObject[]): [FiledObject, FiledObject] | undefined {
  const known = new Map<string, FiledObject>();
  for (const file of files) {
    const id = identify(file.object);
    const other = known.get(id);
    if (other) return [other, file];
    known.set(id, file);
  }
  return undefined;
}

/** "overlays/kind.namespace.yaml" belongs to "overlays/kind". */
function nameInstall(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return path.slice(0, slash) + path.slice(slash).split('.')[0];
}
