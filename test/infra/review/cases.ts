/** A change of the install, and all that a rule says of it. */
import { compare } from '../../../infra/review/comparison.ts';
import type { Rule } from '../../../infra/review/rule.ts';
import { makeInstall, objectsOf, type Install } from './install.ts';

export interface Case {
  readonly it: string;
  /** What the install is before; as {@link makeInstall} makes it without. */
  readonly before?: (install: Install) => void;
  /** What changes, after `before`. */
  readonly change: (install: Install) => void;
  /** The findings as "danger: …" or "effect: …", in the rule's own order; none where the change is harmless. */
  readonly says: readonly string[];
}

export interface RuleCases {
  readonly rule: Rule;
  readonly cases: readonly Case[];
}

/** The two states of a case. */
export function statesOf({ before = () => {}, change }: Case): { before: Install; after: Install } {
  const [old, young] = [makeInstall(), makeInstall()];
  before(old);
  before(young);
  change(young);
  return { before: old, after: young };
}

export function judge(rule: Rule, one: Case): string[] {
  const { before, after } = statesOf(one);
  return rule.judge(compare(objectsOf(before), objectsOf(after))).map(({ level, text }) => `${level}: ${text}`);
}
