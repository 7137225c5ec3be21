import { rollout } from '../../../infra/review/rules/rollout.ts';
import type { Case, RuleCases } from './cases.ts';
import { containerOf, without } from './install.ts';

const DEADLINE = 'without progress for 600 s it is reported as failed.';
// 30 s and 1 s of the startup probe, then 2 s and 1 s of the readiness probe.
const FOUR_WAVES =
  'Up to 1 of 4 pods start at once: 4 waves of at most 34 s, 136 s in all, once pods are placed and images pulled';

const addVariable: Case['change'] = (install) => containerOf(install).env!.push({ name: 'LOG_LEVEL', value: 'debug' });

export const rolloutCases: RuleCases = {
  rule: rollout,
  cases: [
    {
      it: 'goes one by one with a surge of 1, over as many pods as the autoscaler may run',
      change: addVariable,
      says: [`effect: No pod is missing meanwhile. ${FOUR_WAVES}; ${DEADLINE}`],
    },
    {
      it: 'adds the time that a pod must have been ready',
      before: ({ deployment }) => Object.assign(deployment.spec!, { minReadySeconds: 6 }),
      change: addVariable,
      says: [
        'effect: No pod is missing meanwhile. Up to 1 of 4 pods start at once: 4 waves of at most 40 s, 160 s in all, ' +
          `once pods are placed and images pulled; ${DEADLINE}`,
      ],
    },
    {
      it: 'rounds the surge up and what may be missing down',
      before: ({ deployment }) => Object.assign(deployment.spec!, { strategy: {} }),
      change: addVariable,
      says: [
        'effect: Up to 1 of 4 pods are missing meanwhile. Up to 2 of 4 pods start at once: 2 waves of at most 34 s, ' +
          `68 s in all, once pods are placed and images pulled; ${DEADLINE}`,
      ],
    },
    {
      it: 'warns where the fewest pods may all be missing',
      before: ({ deployment }) => Object.assign(deployment.spec!.strategy!.rollingUpdate!, { maxUnavailable: 2 }),
      change: addVariable,
      says: [
        'danger: No pod may serve for a while. Up to 3 of 4 pods start at once: 2 waves of at most 34 s, 68 s in all, ' +
          `once pods are placed and images pulled; ${DEADLINE}`,
      ],
    },
    {
      it: 'warns where the only pod may be missing',
      before: (install) => {
        without('autoscaler')(install);
        install.deployment.spec!.strategy!.rollingUpdate = { maxSurge: 0, maxUnavailable: 1 };
      },
      change: addVariable,
      says: [
        'danger: No pod may serve for a while. Up to 1 of 1 pod start at once: 1 wave of at most 34 s, 34 s in all, ' +
          `once pods are placed and images pulled; ${DEADLINE}`,
      ],
    },
    {
      it: 'gives no time where no startup probe limits the start',
      before: (install) => Reflect.deleteProperty(containerOf(install), 'startupProbe'),
      change: addVariable,
      says: [
        'effect: No pod is missing meanwhile. Up to 1 of 4 pods start at once: 4 waves of pods whose probes set no limit ' +
          `to their start; ${DEADLINE}`,
      ],
    },
    {
      it: 'is silent where no pod is replaced',
      change: ({ deployment }) => Object.assign(deployment.spec!, { minReadySeconds: 6 }),
      says: [],
    },
  ],
};
