import { apiVersion } from '../../../infra/review/rules/api-version.ts';
import type { RuleCases } from './cases.ts';

export const apiVersionCases: RuleCases = {
  rule: apiVersion,
  cases: [
    {
      it: 'refuses a version that has ended',
      change: ({ budget }) => Object.assign(budget, { apiVersion: 'policy/v1beta1' }),
      says: ['danger: Apply fails: policy/v1beta1 ended with Kubernetes 1.25; policy/v1 is in its place.'],
    },
    {
      it: 'is silent about a version that is still there',
      change: ({ autoscaler }) => {
        Object.assign(autoscaler, { apiVersion: 'autoscaling/v1' });
        delete autoscaler.spec.metrics;
      },
      says: [],
    },
  ],
};
