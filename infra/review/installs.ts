/**
 * Which files are looked at together. The objects of one install know each other: a budget its pods, a Namespace what is
 * in it. A folder is one install, unless it holds an object twice; then it holds an install for each name before a file's
 * first dot, as dist/ does: `kind.yaml` and `kind.namespace.yaml` are one, `production.yaml` is another.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { identify, parseManifests } from './manifests.ts';

/** Texts by the paths of their files. */
export type Files = ReadonlyMap<string, string>;

/** Objects by the names of their installs. */
export type Installs = ReadonlyMap<string, readonly KubernetesObject[]>;

/** Sorts two states of the files into installs, both in the same way. */
export function groupInstalls(before: Files, after: Files): { before: Installs; after: Installs } {
  const [old, young] = [before, after].map((files) =>
    [...files].flatMap(([path, text]) => parseManifests(text, path).map((object) => ({ path, object }))),
  );
  const split = hasTwice(old!) || hasTwice(young!);
  const group = (files: readonly FiledObject[]): Installs =>
    new Map(
      [...Map.groupBy(files, ({ path }) => (split ? nameInstall(path) : ''))].map(([name, ones]) => [
        name,
        ones.map(({ object }) => object),
      ]),
    );
  return { before: group(old!), after: group(young!) };
}

interface FiledObject {
  readonly path: string;
  readonly object: KubernetesObject;
}

function hasTwice(files: readonly FiledObject[]): boolean {
  return new Set(files.map(({ object }) => identify(object))).size < files.length;
}

/** "overlays/kind.namespace.yaml" belongs to "overlays/kind". */
function nameInstall(path: string): string {
  const slash = path.lastIndexOf('/') + 1;
  return path.slice(0, slash) + path.slice(slash).split('.')[0];
}
