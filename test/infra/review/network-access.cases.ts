import { networkAccess } from '../../../infra/review/rules/network-access.ts';
import type { RuleCases } from './cases.ts';
import { without } from './install.ts';

const SCRAPERS = { podSelector: { matchLabels: { scrapes: 'yes' } } };

export const networkAccessCases: RuleCases = {
  rule: networkAccess,
  cases: [
    {
      it: 'warns of a port that is closed',
      change: ({ policy }) => policy.spec.ingress!.shift(),
      says: ['danger: Deployment clock can no longer be reached by everyone on TCP 8080.'],
    },
    {
      it: 'warns of a port that is opened to everyone',
      change: ({ policy }) => Object.assign(policy.spec.ingress![1]!, { from: [] }),
      says: ['danger: Deployment clock may be reached by everyone on TCP 8081.'],
    },
    {
      it: 'says who gains access',
      change: ({ policy }) =>
        policy.spec.ingress![1]!.from!.push({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ops' } },
        }),
      says: [
        'effect: Deployment clock may be reached by every pod of namespaces with kubernetes.io/metadata.name=ops on TCP 8081.',
      ],
    },
    {
      it: 'says who keeps it where others lose it',
      change: ({ policy }) => Object.assign(policy.spec.ingress![0]!, { from: [SCRAPERS] }),
      says: [
        'danger: Deployment clock can no longer be reached by everyone on TCP 8080, ' +
          'only by pods with scrapes=yes of the namespace on TCP 8080.',
      ],
    },
    {
      it: 'warns of the last policy that goes, which opens both directions',
      change: without('policy'),
      says: [
        'danger: Deployment clock may be reached by everyone on every port.',
        'danger: Deployment clock may reach everyone on every port.',
      ],
    },
    {
      it: 'warns of pods that leave a policy by their labels',
      change: ({ policy }) => Object.assign(policy.spec, { podSelector: { matchLabels: { app: 'watch' } } }),
      says: [
        'danger: Deployment clock may be reached by everyone on every port.',
        'danger: Deployment clock may reach everyone on every port.',
      ],
    },
    {
      it: 'warns of a first policy, which closes what it does not name',
      before: ({ policy }) => Object.assign(policy.spec, { policyTypes: ['Ingress'] }),
      change: ({ policy }) => Object.assign(policy.spec, { policyTypes: ['Ingress', 'Egress'] }),
      says: ['danger: Deployment clock can no longer reach everyone on every port, only 10.0.0.0/8 on UDP 53.'],
    },
    {
      it: 'is silent about a smaller range inside one that is open already',
      change: ({ policy }) =>
        policy.spec.egress!.push({
          to: [{ ipBlock: { cidr: '10.96.0.0/16' } }],
          ports: [{ port: 53, protocol: 'UDP' }],
        }),
      says: [],
    },
    {
      it: 'is silent about a policy that adds nothing to another',
      change: ({ others }) =>
        others.push({
          apiVersion: 'networking.k8s.io/v1',
          kind: 'NetworkPolicy',
          metadata: { name: 'more', namespace: 'review' },
          spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [SCRAPERS], ports: [{ port: 8080 }] }] },
        } as never),
      says: [],
    },
    {
      it: 'speaks of the pods that a policy names where no workload is known',
      before: without('deployment'),
      change: ({ policy }) => policy.spec.ingress!.shift(),
      says: ['danger: pods with app=clock can no longer be reached by everyone on TCP 8080.'],
    },
  ],
};
