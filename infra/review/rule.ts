/**
 * A rule looks at two states of the objects and says what going from one to the other will do. A new rule is a file in
 * rules/, a line in rules.ts, and a table of cases in test/infra/review/.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import type { Comparison } from './comparison.ts';
import { identify, isKind, type Kind, type Kinds } from './manifests.ts';

export interface Finding {
  /** A danger is what a reviewer must have meant: something fails, stops, ends, or is opened to more than before. */
  readonly level: 'danger' | 'effect';
  /** The object that the sentence is about. */
  readonly object: KubernetesObject;
  readonly text: string;
}

export interface Rule {
  readonly name: string;
  /** Where Kubernetes says that it is so. */
  readonly reference: string;
  judge(comparison: Comparison): Finding[];
}

export function danger(object: KubernetesObject, text: string): Finding {
  return { level: 'danger', object, text };
}

export function effect(object: KubernetesObject, text: string): Finding {
  return { level: 'effect', object, text };
}

/** The changed objects of some kinds that exist on both sides. */
export function updatesOf<K extends Kind>(
  { changes }: Comparison,
  ...kinds: readonly K[]
): { before: Kinds[K]; after: Kinds[K] }[] {
  return changes.flatMap(({ before, after }) =>
    before && after && isKind(before, ...kinds) && isKind(after, ...kinds) ? [{ before, after }] : [],
  );
}

/** The changed, new and gone objects of some kinds. */
export function changesOf<K extends Kind>(
  { changes }: Comparison,
  ...kinds: readonly K[]
): { before: Kinds[K] | undefined; after: Kinds[K] | undefined }[] {
  return changes.flatMap(({ before, after }) => {
    const [old, young] = [before, after].map((object) => (object && isKind(object, ...kinds) ? object : undefined));
    return old || young ? [{ before: old, after: young }] : [];
  });
}

/** What is wrong after the change and was not before it. */
export function introduced(
  { before, after }: Comparison,
  find: (objects: readonly KubernetesObject[]) => Finding[],
): Finding[] {
  const key = ({ object, text }: Finding) => `${identify(object)} ${text}`;
  const known = new Set(find(before).map(key));
  return find(after).filter((finding) => !known.has(key(finding)));
}

/** A count with its noun: "1 pod", "3 pods". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
