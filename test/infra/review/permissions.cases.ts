import { permissions } from '../../../infra/review/rules/permissions.ts';
import type { RuleCases } from './cases.ts';
import { without } from './install.ts';

export const permissionsCases: RuleCases = {
  rule: permissions,
  cases: [
    {
      it: 'says by which verbs a role is widened',
      change: ({ role }) => role.rules![0]!.verbs.push('watch'),
      says: ['effect: Widened by watch on services.'],
    },
    {
      it: 'says by which verbs a role is narrowed',
      change: ({ role }) => Object.assign(role.rules![0]!, { verbs: ['get'] }),
      says: ['effect: Narrowed by list on services.'],
    },
    {
      it: 'warns of a role that may read Secrets',
      change: ({ role }) => role.rules!.push({ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }),
      says: ['danger: Widened by what leads to more power: get, list on secrets.'],
    },
    {
      it: 'warns of a role that may run commands in pods',
      change: ({ role }) => role.rules!.push({ apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] }),
      says: ['danger: Widened by what leads to more power: create on pods/exec.'],
    },
    {
      it: 'warns of every verb',
      change: ({ role }) => Object.assign(role.rules![0]!, { verbs: ['*'] }),
      says: ['danger: Widened by what leads to more power: * on services.'],
    },
    {
      it: 'is silent where the same is said in two rules',
      change: ({ role }) => {
        role.rules = ['list', 'get'].map((verb) => ({ apiGroups: [''], resources: ['services'], verbs: [verb] }));
      },
      says: [],
    },
    {
      it: 'is silent about one object of those that are all allowed already',
      change: ({ role }) =>
        role.rules!.push({ apiGroups: [''], resources: ['services'], resourceNames: ['clock'], verbs: ['get'] }),
      says: [],
    },
    {
      it: 'says who gains a role and who loses it',
      change: ({ binding }) => Object.assign(binding.subjects![0]!, { name: 'other' }),
      says: [
        'effect: ServiceAccount review/other gains Role clock.',
        'effect: ServiceAccount review/clock loses Role clock.',
      ],
    },
    {
      it: 'warns where every account gains a role',
      change: ({ binding }) => binding.subjects!.push({ kind: 'Group', name: 'system:authenticated' }),
      says: ['danger: Group system:authenticated gains Role clock.'],
    },
    {
      it: 'says that pods hold a token no longer',
      change: ({ deployment }) =>
        Object.assign(deployment.spec!.template.spec!, { automountServiceAccountToken: false }),
      says: ['effect: Its pods no longer hold a token of ServiceAccount clock.'],
    },
    {
      it: 'says as whom pods call the API server, whose account gave no token before',
      before: ({ account }) => Object.assign(account, { automountServiceAccountToken: false }),
      change: ({ deployment }) =>
        Object.assign(deployment.spec!.template.spec!, { automountServiceAccountToken: true }),
      says: ['effect: Its pods may call the API server as ServiceAccount clock.'],
    },
    {
      it: 'is silent where the pods say what their account says',
      before: ({ account }) => Object.assign(account, { automountServiceAccountToken: false }),
      change: ({ deployment }) =>
        Object.assign(deployment.spec!.template.spec!, { automountServiceAccountToken: false }),
      says: [],
    },
    {
      it: 'says what a binding takes with it',
      change: without('binding'),
      says: ['effect: ServiceAccount review/clock loses Role clock.'],
    },
  ],
};
