import { placement } from '../../../infra/review/rules/placement.ts';
import type { Case, RuleCases } from './cases.ts';

const term = { labelSelector: { matchLabels: { app: 'clock' } }, topologyKey: 'kubernetes.io/hostname' };

const setAffinity =
  (podAntiAffinity: object): Case['change'] =>
  ({ deployment }) =>
    Object.assign(deployment.spec!.template.spec!, { affinity: { podAntiAffinity } });

const setNodeAffinity =
  (nodeAffinity: object): Case['change'] =>
  ({ deployment }) =>
    Object.assign(deployment.spec!.template.spec!, { affinity: { nodeAffinity } });

const fast = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['fast', 'faster'] }] };

const setSpread =
  (whenUnsatisfiable: string): Case['change'] =>
  ({ deployment }) =>
    Object.assign(deployment.spec!.template.spec!, {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          // Fewer domains than that count as empty ones.
          ...(whenUnsatisfiable === 'DoNotSchedule' && { minDomains: 2 }),
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable,
          labelSelector: { matchLabels: { app: 'clock' } },
        },
      ],
    });

export const placementCases: RuleCases = {
  rule: placement,
  cases: [
    {
      it: 'says which nodes are left',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.spec!, { nodeSelector: { disk: 'fast' } }),
      says: ['effect: Its pods run only on nodes with disk=fast, and wait where there is none.'],
    },
    {
      it: 'says which nodes an affinity leaves',
      change: setNodeAffinity({ requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [fast] } }),
      says: ['effect: Its pods run only on nodes with disk In (fast, faster), and wait where there is none.'],
    },
    {
      it: 'is silent about nodes that the pods would rather have',
      change: setNodeAffinity({ preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: fast }] }),
      says: [],
    },
    {
      it: 'says how evenly pods must be spread',
      change: setSpread('DoNotSchedule'),
      says: [
        'effect: Its pods are spread evenly over each kubernetes.io/hostname, to within 1, or wait; while there are fewer than 2 of these, at most 1 are in each.',
      ],
    },
    {
      it: 'is silent about an even spread that is only wished for',
      change: setSpread('ScheduleAnyway'),
      says: [],
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
