import { drain } from '../../../infra/review/rules/drain.ts';
import type { RuleCases } from './cases.ts';

export const drainCases: RuleCases = {
  rule: drain,
  cases: [
    {
      it: 'warns of a budget that lets no pod be missing',
      change: ({ budget }) => Object.assign(budget.spec!, { maxUnavailable: 0 }),
      says: ['danger: Blocks every drain: maxUnavailable 0 with 2 pods of Deployment clock lets none be evicted.'],
    },
    {
      it: 'is silent about a budget that lets two be missing',
      change: ({ budget }) => Object.assign(budget.spec!, { maxUnavailable: 2 }),
      says: [],
    },
    {
      it: 'warns of a budget that asks for as many pods as there may be at least',
      change: ({ budget }) => {
        delete budget.spec!.maxUnavailable;
        budget.spec!.minAvailable = 2;
      },
      says: ['danger: Blocks every drain: minAvailable 2 with 2 pods of Deployment clock lets none be evicted.'],
    },
    {
      it: 'rounds a share of the pods up',
      change: ({ budget }) => {
        delete budget.spec!.maxUnavailable;
        budget.spec!.minAvailable = '51%';
      },
      says: ['danger: Blocks every drain: minAvailable 51% with 2 pods of Deployment clock lets none be evicted.'],
    },
    {
      it: 'is silent about half of two pods',
      change: ({ budget }) => {
        delete budget.spec!.maxUnavailable;
        budget.spec!.minAvailable = '50%';
      },
      says: [],
    },
    {
      it: 'warns of an autoscaler that goes down to what the budget asks for',
      before: ({ budget }) => {
        delete budget.spec!.maxUnavailable;
        budget.spec!.minAvailable = 1;
      },
      change: ({ autoscaler }) => Object.assign(autoscaler.spec, { minReplicas: 1 }),
      says: ['danger: Blocks every drain: minAvailable 1 with 1 pod of Deployment clock lets none be evicted.'],
    },
    {
      it: 'warns of a second budget for the same pods',
      change: ({ budget, others }) => {
        const twin = structuredClone(budget);
        twin.metadata!.name = 'again';
        others.push(twin);
      },
      says: [
        'danger: Blocks every drain: PodDisruptionBudget again guards the same pods, and no pod of two budgets is evicted.',
      ],
    },
    {
      it: 'warns where pods that are not ready are held as well',
      change: ({ budget }) => Reflect.deleteProperty(budget.spec!, 'unhealthyPodEvictionPolicy'),
      says: ['danger: Pods that are not ready may hold up a drain.'],
    },
  ],
};
