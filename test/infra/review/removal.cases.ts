import { removal } from '../../../infra/review/rules/removal.ts';
import type { RuleCases } from './cases.ts';
import { without } from './install.ts';

const LEFT = 'Apply leaves it in the cluster, without a manifest; a prune deletes it';

export const removalCases: RuleCases = {
  rule: removal,
  cases: [
    {
      it: 'warns of a budget that leaves the manifests',
      change: without('budget'),
      says: [`danger: ${LEFT}, and a drain may end all of its pods at once.`],
    },
    {
      it: 'is mild about a role, whose loss the rule for permissions tells',
      change: without('role'),
      says: [`effect: ${LEFT}.`],
    },
    {
      it: 'knows a Service that was only renamed',
      change: ({ service }) => Object.assign(service.metadata!, { name: 'watch' }),
      says: [`danger: Is called watch now. ${LEFT}, and its name and address are gone.`],
    },
    {
      it: 'warns of a namespace',
      change: without('namespace'),
      says: [`danger: ${LEFT}, and everything in it with it.`],
    },
    {
      it: 'says nothing of an object that stays',
      change: ({ budget }) => Object.assign(budget.spec!, { maxUnavailable: 2 }),
      says: [],
    },
  ],
};
