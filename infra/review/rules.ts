/** All rules, in the order in which their findings are read. */
import type { Rule } from './rule.ts';
import { apiVersion } from './rules/api-version.ts';
import { autoscaling } from './rules/autoscaling.ts';
import { configuration } from './rules/configuration.ts';
import { drain } from './rules/drain.ts';
import { exposure } from './rules/exposure.ts';
import { image } from './rules/image.ts';
import { immutableField } from './rules/immutable-field.ts';
import { networkAccess } from './rules/network-access.ts';
import { permissions } from './rules/permissions.ts';
import { placement } from './rules/placement.ts';
import { podReplacement } from './rules/pod-replacement.ts';
import { podSecurity } from './rules/pod-security.ts';
import { probes } from './rules/probes.ts';
import { removal } from './rules/removal.ts';
import { resources } from './rules/resources.ts';
import { rolloutStrategy } from './rules/rollout-strategy.ts';
import { rollout } from './rules/rollout.ts';
import { selection } from './rules/selection.ts';
import { termination } from './rules/termination.ts';

export const RULES: readonly Rule[] = [
  apiVersion,
  immutableField,
  rolloutStrategy,
  removal,
  selection,
  networkAccess,
  exposure,
  permissions,
  podSecurity,
  drain,
  autoscaling,
  configuration,
  image,
  resources,
  probes,
  termination,
  placement,
  podReplacement,
  rollout,
];
