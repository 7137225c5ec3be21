/**
 * What is told of a change: for each object its fields and what they will do, dangers first. Where several installs
 * change in the same way, it is said once.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { compare, type Comparison } from './comparison.ts';
import type { Installs } from './installs.ts';
import { identify, nameOf } from './manifests.ts';
import { danger, type Finding, type Rule } from './rule.ts';
import { RULES } from './rules.ts';
import { describeField } from './terms.ts';

export interface ObjectReport {
  /** The installs that change so; one without a name is all there is. */
  readonly installs: readonly string[];
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Whether it is new, gone, changed, or the same and yet touched by what changes around it. */
  readonly state: 'new' | 'gone' | 'changed' | 'same';
  readonly fields: readonly string[];
  readonly findings: readonly JudgedFinding[];
}

export interface JudgedFinding {
  readonly level: Finding['level'];
  readonly text: string;
  readonly rule: string;
  readonly reference: string;
}

/** A report is its objects, those in danger first. */
export type Report = readonly ObjectReport[];

/** What an API server refuses to store, in its own words. */
export interface Refusal {
  readonly object: KubernetesObject;
  readonly message: string;
}

export function reviewInstalls(before: Installs, after: Installs, refusals: readonly Refusal[] = []): Report {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return mergeSame(
    names.flatMap((name) => reviewOne(name, compare(before.get(name) ?? [], after.get(name) ?? []), refusals)),
  );
}

export function countDangers(report: Report): number {
  return report.flatMap(({ findings }) => findings).filter(({ level }) => level === 'danger').length;
}

/** The API server's own judgement is one rule more. */
function refusalRule(refusals: readonly Refusal[]): Rule {
  return {
    name: 'refusal',
    reference: 'https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run',
    judge: () => refusals.map(({ object, message }) => danger(object, `Apply fails: ${message}`)),
  };
}

function reviewOne(install: string, comparison: Comparison, refusals: readonly Refusal[]): ObjectReport[] {
  const findings = [refusalRule(refusals), ...RULES].flatMap((rule) =>
    rule.judge(comparison).map(({ level, object, text }) => ({
      id: identify(object),
      object,
      finding: { level, text, rule: rule.name, reference: rule.reference },
    })),
  );
  const changed = new Map(comparison.changes.map((change) => [identify((change.after ?? change.before)!), change]));
  const objects = new Map<string, KubernetesObject>([
    ...findings.map(({ id, object }): [string, KubernetesObject] => [id, object]),
    ...[...changed].map(([id, { before, after }]): [string, KubernetesObject] => [id, (after ?? before)!]),
  ]);
  return [...objects].map(([id, object]) => {
    const change = changed.get(id);
    return {
      installs: [install],
      kind: object.kind!,
      namespace: object.metadata?.namespace,
      name: nameOf(object),
      state: change === undefined ? 'same' : !change.before ? 'new' : !change.after ? 'gone' : 'changed',
      fields: (change?.fields ?? []).map((field) => describeField(field, object)),
      findings: findings
        .filter((one) => one.id === id)
        .map(({ finding }) => finding)
        .toSorted((one, other) => rank(one) - rank(other)),
    };
  });
}

function rank({ level }: JudgedFinding): number {
  return level === 'danger' ? 0 : 1;
}

function mergeSame(objects: readonly ObjectReport[]): Report {
  const groups = Map.groupBy(objects, (object) => JSON.stringify({ ...object, installs: [] }));
  return [...groups.values()]
    .map((same) => ({ ...same[0]!, installs: same.flatMap(({ installs }) => installs) }))
    .toSorted((one, other) => worst(one) - worst(other));
}

function worst({ findings }: ObjectReport): number {
  return Math.min(...findings.map(rank), 1);
}
