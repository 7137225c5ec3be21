/** All rules, in the order in which their findings are read. */
import type { Rule } from './rule.ts';
import { autoscaling } from './rules/autoscaling.ts';
import { drain } from './rules/drain.ts';
import { image } from './rules/image.ts';
import { immutableField } from './rules/immutable-field.ts';
import { networkAccess } from './rules/network-access.ts';
import { permissions } from './rules/permissions.ts';
import { podReplacement } from './rules/pod-replacement.ts';
import { removal } from './rules/removal.ts';
import { rollout } from './rules/rollout.ts';
import { selection } from './rules/selection.ts';

export const RULES: readonly Rule[] = [
  immutableField,
  removal,
  selection,
  networkAccess,
  permissions,
  drain,
  autoscaling,
  image,
  podReplacement,
  rollout,
];
