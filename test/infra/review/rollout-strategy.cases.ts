import { rolloutStrategy } from '../../../infra/review/rules/rollout-strategy.ts';
import type { Case, RuleCases } from './cases.ts';
import { addStatefulSet, statefulSetOf } from './install.ts';

const set =
  (strategy: object): Case['change'] =>
  ({ deployment }) =>
    Object.assign(deployment.spec!, { strategy });

export const rolloutStrategyCases: RuleCases = {
  rule: rolloutStrategy,
  cases: [
    {
      it: 'refuses Recreate after a strategy that was left to its defaults',
      before: set({ type: 'RollingUpdate' }),
      change: set({ type: 'Recreate' }),
      says: [
        'danger: Apply fails: the `rollingUpdate` that the API server filled in stays, and Recreate may not have one. ' +
          'Name it first, or remove it by hand.',
      ],
    },
    {
      it: 'takes Recreate after a strategy that named its pace',
      before: set({ rollingUpdate: { maxSurge: 1 } }),
      change: set({ type: 'Recreate' }),
      says: [],
    },
    {
      it: 'refuses OnDelete for a StatefulSet that left its strategy to the defaults',
      before: addStatefulSet,
      change: (install) => Object.assign(statefulSetOf(install).spec!, { updateStrategy: { type: 'OnDelete' } }),
      says: [
        'danger: Apply fails: the `rollingUpdate` that the API server filled in stays, and OnDelete may not have one. ' +
          'Name it first, or remove it by hand.',
      ],
    },
    {
      it: 'takes OnDelete for a StatefulSet that named its strategy',
      before: (install) => {
        addStatefulSet(install);
        Object.assign(statefulSetOf(install).spec!, { updateStrategy: { type: 'RollingUpdate' } });
      },
      change: (install) => Object.assign(statefulSetOf(install).spec!, { updateStrategy: { type: 'OnDelete' } }),
      says: [],
    },
    { it: 'takes the way back', before: set({ type: 'Recreate' }), change: set({ type: 'RollingUpdate' }), says: [] },
  ],
};
