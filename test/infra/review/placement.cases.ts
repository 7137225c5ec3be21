import { placement } from '../../../infra/review/rules/placement.ts';
import type { Case, RuleCases } from './cases.ts';

const term = { labelSelector: { matchLabels: { app: 'clock' } }, topologyKey: 'kubernetes.io/hostname' };

const setAffinity =
  (podAntiAffinity: object): Case['change'] =>
  ({ deployment }) =>
    Object.assign(deployment.spec!.template.spec!, { affinity: { podAntiAffinity } });

export const placementCases: RuleCases = {
  rule: placement,
  cases: [
    {
      it: 'says which nodes are left',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.spec!, { nodeSelector: { disk: 'fast' } }),
      says: ['effect: Its pods run only on nodes with disk=fast, and wait where there is none.'],
    },
    {
      it: 'warns of pods that may not be together',
      change: setAffinity({ requiredDuringSchedulingIgnoredDuringExecution: [term] }),
      says: [
        'danger: Its pods wait unless there is another kubernetes.io/hostname for each: 4 pods, and one more in a rollout.',
      ],
    },
    {
      it: 'is silent about pods that would rather not be together',
      change: setAffinity({ preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }] }),
      says: [],
    },
  ],
};
