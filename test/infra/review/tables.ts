/** The cases of every rule. */
import { autoscalingCases } from './autoscaling.cases.ts';
import { drainCases } from './drain.cases.ts';
import { imageCases } from './image.cases.ts';
import { immutableFieldCases } from './immutable-field.cases.ts';
import { networkAccessCases } from './network-access.cases.ts';
import { permissionsCases } from './permissions.cases.ts';
import { podReplacementCases } from './pod-replacement.cases.ts';
import { removalCases } from './removal.cases.ts';
import { rolloutCases } from './rollout.cases.ts';
import { selectionCases } from './selection.cases.ts';
import type { RuleCases } from './cases.ts';

export const TABLES: readonly RuleCases[] = [
  autoscalingCases,
  drainCases,
  imageCases,
  immutableFieldCases,
  networkAccessCases,
  permissionsCases,
  podReplacementCases,
  removalCases,
  rolloutCases,
  selectionCases,
];
