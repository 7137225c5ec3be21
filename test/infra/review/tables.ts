/** The cases of every rule. */
import { apiVersionCases } from './api-version.cases.ts';
import { autoscalingCases } from './autoscaling.cases.ts';
import { configurationCases } from './configuration.cases.ts';
import { drainCases } from './drain.cases.ts';
import { exposureCases } from './exposure.cases.ts';
import { imageCases } from './image.cases.ts';
import { immutableFieldCases } from './immutable-field.cases.ts';
import { networkAccessCases } from './network-access.cases.ts';
import { permissionsCases } from './permissions.cases.ts';
import { placementCases } from './placement.cases.ts';
import { podReplacementCases } from './pod-replacement.cases.ts';
import { podSecurityCases } from './pod-security.cases.ts';
import { probesCases } from './probes.cases.ts';
import { removalCases } from './removal.cases.ts';
import { resourcesCases } from './resources.cases.ts';
import { rolloutStrategyCases } from './rollout-strategy.cases.ts';
import { rolloutCases } from './rollout.cases.ts';
import { selectionCases } from './selection.cases.ts';
import { terminationCases } from './termination.cases.ts';
import type { RuleCases } from './cases.ts';

export const TABLES: readonly RuleCases[] = [
  apiVersionCases,
  autoscalingCases,
  configurationCases,
  drainCases,
  exposureCases,
  imageCases,
  immutableFieldCases,
  networkAccessCases,
  permissionsCases,
  placementCases,
  podReplacementCases,
  podSecurityCases,
  probesCases,
  removalCases,
  resourcesCases,
  rolloutCases,
  rolloutStrategyCases,
  selectionCases,
  terminationCases,
];
