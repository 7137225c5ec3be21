import { autoscaling } from '../../../infra/review/rules/autoscaling.ts';
import type { RuleCases } from './cases.ts';
import { containerOf, without } from './install.ts';

export const autoscalingCases: RuleCases = {
  rule: autoscaling,
  cases: [
    {
      it: 'warns of a number of pods beside an autoscaler',
      change: ({ deployment }) => Object.assign(deployment.spec!, { replicas: 3 }),
      says: ['danger: Each apply sets the number of pods to 3, whatever HorizontalPodAutoscaler clock has made of it.'],
    },
    {
      it: 'warns of a number that is left to the autoscaler, and falls to 1 first',
      before: ({ deployment }) => Object.assign(deployment.spec!, { replicas: 3 }),
      change: ({ deployment }) => Reflect.deleteProperty(deployment.spec!, 'replicas'),
      says: [
        'danger: Falls to 1 pod: `replicas: 3` is taken back, and 1 is the default, until the autoscaler adds what is missing.',
      ],
    },
    {
      it: 'says how many pods there are without an autoscaler',
      before: (install) => {
        without('autoscaler')(install);
        install.deployment.spec!.replicas = 3;
      },
      change: ({ deployment }) => Object.assign(deployment.spec!, { replicas: 4 }),
      says: ['effect: Runs 4 pods instead of 3.'],
    },
    {
      it: 'warns of no pod at all',
      before: without('autoscaler'),
      change: ({ deployment }) => Object.assign(deployment.spec!, { replicas: 0 }),
      says: ['danger: All pods end: it is scaled to 0.'],
    },
    {
      it: 'says how many pods an autoscaler keeps',
      change: ({ autoscaler }) => Object.assign(autoscaler.spec, { maxReplicas: 6 }),
      says: ['effect: Keeps 2 to 6 pods instead of 2 to 4.'],
    },
    {
      it: 'refuses more pods at least than at most',
      change: ({ autoscaler }) => Object.assign(autoscaler.spec, { minReplicas: 5 }),
      says: [
        'danger: Apply fails: minReplicas 5 is more than maxReplicas 4.',
        'effect: Keeps 5 to 4 pods instead of 2 to 4.',
      ],
    },
    {
      it: 'warns of an autoscaler without a workload',
      change: ({ autoscaler }) => Object.assign(autoscaler.spec.scaleTargetRef, { name: 'watch' }),
      says: ['danger: Scales nothing: there is no Deployment watch in these manifests.'],
    },
    {
      it: 'warns of a share of a request that is not there',
      change: (install) => Reflect.deleteProperty(containerOf(install).resources!.requests!, 'cpu'),
      says: ['danger: Cannot scale: container clock has no cpu request that 60 % could be taken of.'],
    },
    {
      it: 'is silent about another window',
      change: ({ autoscaler }) =>
        Object.assign(autoscaler.spec, { behavior: { scaleDown: { stabilizationWindowSeconds: 60 } } }),
      says: [],
    },
  ],
};
