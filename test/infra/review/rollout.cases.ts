import { rollout } from '../../../infra/review/rules/rollout.ts';
import type { Case, RuleCases } from './cases.ts';
import {
  addDaemonSet,
  addStatefulSet,
  addVariableTo,
  containerOf,
  daemonSetOf,
  statefulSetOf,
  without,
} from './install.ts';

const DEADLINE = 'without progress for 600 s it is reported as failed.';
// 30 s and 1 s of the startup probe, then 2 s and 1 s of the readiness probe.
const FOUR_WAVES =
  'Up to 1 of 4 pods starts at once: 4 waves of at most 34 s, 136 s in all, once pods are placed and images pulled';

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
        'effect: No pod is missing meanwhile. Up to 1 of 4 pods starts at once: 4 waves of at most 40 s, 160 s in all, ' +
          `once pods are placed and images pulled; ${DEADLINE}`,
      ],
    },
    {
      it: 'rounds the surge up and what may be missing down',
      before: ({ deployment }) => Object.assign(deployment.spec!, { strategy: {} }),
      change: addVariable,
      says: [
        'effect: Up to 1 of 4 pods is missing meanwhile. Up to 2 of 4 pods start at once: 2 waves of at most 34 s, ' +
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
        'danger: No pod may serve for a while. Up to 1 of 1 pod starts at once: 1 wave of at most 34 s, 34 s in all, ' +
          `once pods are placed and images pulled; ${DEADLINE}`,
      ],
    },
    {
      it: 'gives no time where no startup probe limits the start',
      before: (install) => Reflect.deleteProperty(containerOf(install), 'startupProbe'),
      change: addVariable,
      says: [
        'effect: No pod is missing meanwhile. Up to 1 of 4 pods starts at once: 4 waves of pods whose probes set no limit ' +
          `to their start; ${DEADLINE}`,
      ],
    },
    {
      it: 'adds the end of the old pods where they end first',
      before: ({ deployment }) => Object.assign(deployment.spec!, { strategy: { type: 'Recreate' } }),
      change: addVariable,
      says: [`effect: 1 wave of at most 44 s, 44 s in all, once pods are placed and images pulled; ${DEADLINE}`],
    },
    {
      it: 'goes one by one through a StatefulSet',
      before: (install) => {
        addStatefulSet(install);
        statefulSetOf(install).spec!.replicas = 3;
      },
      change: (install) => addVariableTo(statefulSetOf(install)),
      says: [
        'effect: 3 pods one by one, the last first, each gone before its new one starts: 3 waves of at most 44 s, 132 s ' +
          'in all, once pods are placed and images pulled; it stands still at one that does not become ready.',
      ],
    },
    {
      it: 'goes through those pods of a StatefulSet that the partition leaves',
      before: (install) => {
        addStatefulSet(install);
        statefulSetOf(install).spec!.replicas = 3;
        statefulSetOf(install).spec!.updateStrategy = { rollingUpdate: { partition: 2 } };
      },
      change: (install) => addVariableTo(statefulSetOf(install)),
      says: [
        'effect: 1 pod one by one, the last first, each gone before its new one starts: 1 wave of at most 44 s, 44 s ' +
          'in all, once pods are placed and images pulled; it stands still at one that does not become ready.',
      ],
    },
    {
      it: 'warns where the only pod of a StatefulSet goes',
      before: (install) => {
        addStatefulSet(install);
        statefulSetOf(install).spec!.replicas = 1;
      },
      change: (install) => addVariableTo(statefulSetOf(install)),
      says: [
        'danger: No pod may serve for a while. 1 pod one by one, the last first, each gone before its new one starts: ' +
          '1 wave of at most 44 s, 44 s in all, once pods are placed and images pulled; it stands still at one that does not become ready.',
      ],
    },
    {
      it: 'goes node by node through a DaemonSet',
      before: addDaemonSet,
      change: (install) => addVariableTo(daemonSetOf(install)),
      says: [
        'effect: On 1 node at once its pod is missing, for at most 44 s; it stands still at one that does not become ready.',
      ],
    },
    {
      it: 'starts pods of a DaemonSet beside the old ones where it may',
      before: (install) => {
        addDaemonSet(install);
        daemonSetOf(install).spec!.updateStrategy = { rollingUpdate: { maxSurge: '50%', maxUnavailable: 0 } };
      },
      change: (install) => addVariableTo(daemonSetOf(install)),
      says: [
        'effect: No pod is missing meanwhile: on 50% of the nodes at once a new one starts beside the old; ' +
          'it stands still at one that does not become ready.',
      ],
    },
    {
      it: 'is silent about a DaemonSet whose pods wait to be deleted',
      before: (install) => {
        addDaemonSet(install);
        daemonSetOf(install).spec!.updateStrategy = { type: 'OnDelete' };
      },
      change: (install) => addVariableTo(daemonSetOf(install)),
      says: [],
    },
    {
      it: 'is silent where no pod is replaced',
      change: ({ deployment }) => Object.assign(deployment.spec!, { minReadySeconds: 6 }),
      says: [],
    },
  ],
};
