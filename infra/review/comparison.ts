/**
 * Two states of a set of objects, and what differs: objects are matched by their identity, and compared field by field in
 * the form that the API server would store. Items of a list that have names are compared by name, so that a container
 * put in front of another is one addition, not a change to both.
 */
import { isDeepStrictEqual } from 'node:util';

import type { KubernetesObject } from '@kubernetes/client-node';
import diff from 'microdiff';

import { identify } from './manifests.ts';
import { normalize } from './normal-form.ts';

/** One field that differs; the side where it does not exist has undefined. */
export interface FieldChange {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}

/** One object that differs; it is new where it has no `before`, and gone where it has no `after`. */
export interface ObjectChange {
  readonly before: KubernetesObject | undefined;
  readonly after: KubernetesObject | undefined;
  /** The object before as its manifest has it, without the defaults. */
  readonly written: KubernetesObject | undefined;
  readonly fields: readonly FieldChange[];
}

export interface Comparison {
  readonly before: readonly KubernetesObject[];
  readonly after: readonly KubernetesObject[];
  readonly changes: readonly ObjectChange[];
}

/** Compares two sets of objects, each of which has an object once. */
export function compare(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): Comparison {
  const [old, young] = [before, after].map(
    (objects) => new Map(objects.map((object) => [identify(object), normalize(object)])),
  ) as [Map<string, KubernetesObject>, Map<string, KubernetesObject>];
  const written = new Map(before.map((object) => [identify(object), object]));
  const changes = [...new Set([...old.keys(), ...young.keys()])].flatMap((id): ObjectChange[] => {
    const pair = { before: old.get(id), after: young.get(id) };
    if (isDeepStrictEqual(pair.before, pair.after)) return [];
    return [
      {
        ...pair,
        written: written.get(id),
        fields: pair.before && pair.after ? compareFields(pair.before, pair.after) : [],
      },
    ];
  });
  return { before: [...old.values()], after: [...young.values()], changes };
}

function compareFields(before: KubernetesObject, after: KubernetesObject): FieldChange[] {
  const differences = diff(keyLists(before) as object, keyLists(after) as object);
  // Equal by name and yet not equal: only the order of a list has changed.
  if (differences.length === 0) return [{ path: [], before: 'a list in one order', after: 'the same in another' }];
  return differences.map((difference) => ({
    path: difference.path.map(String),
    before: difference.type === 'CREATE' ? undefined : difference.oldValue,
    after: difference.type === 'REMOVE' ? undefined : difference.value,
  }));
}

/** What tells the items of a list apart, by the first that all of them have. */
const ITEM_KEYS = ['name', 'mountPath', 'containerPort', 'topologyKey', 'devicePath', 'ip', 'key'];

/** Makes lists of named items into records, and lists of plain values into one value. */
function keyLists(value: unknown): unknown {
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return value.join(', ');
    const key = ITEM_KEYS.find(
      (name) => new Set(value.map((item: Record<string, unknown>) => item[name])).size === value.length,
    );
    const items = value.map((item: Record<string, unknown>, index): [string, unknown] => {
      if (key === undefined || item[key] === undefined) return [String(index), keyLists(item)];
      const { [key]: name, ...rest } = item;
      return [name as string, keyLists(rest)];
    });
    return Object.fromEntries(items);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, keyLists(child)]));
}
