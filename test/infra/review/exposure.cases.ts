import { exposure } from '../../../infra/review/rules/exposure.ts';
import type { RuleCases } from './cases.ts';

export const exposureCases: RuleCases = {
  rule: exposure,
  cases: [
    {
      it: 'warns of a port that clients know',
      change: ({ service }) => Object.assign(service.spec!.ports![0]!, { port: 81 }),
      says: ['danger: Connections to its port 80/TCP fail: it has none.'],
    },
    {
      it: 'is silent about a further port',
      change: ({ service }) => service.spec!.ports!.push({ name: 'more', port: 81, targetPort: 'http' }),
      says: [],
    },
    {
      it: 'is silent about another name of a port',
      change: ({ service }) => Object.assign(service.spec!.ports![0]!, { name: 'web' }),
      says: [],
    },
    {
      it: 'warns of a way in from outside',
      change: ({ service }) => Object.assign(service.spec!, { type: 'NodePort' }),
      says: ['danger: Can be reached from outside the cluster, as NodePort.'],
    },
    {
      it: 'warns of the way in that is closed',
      before: ({ service }) => Object.assign(service.spec!, { type: 'NodePort' }),
      change: ({ service }) => Object.assign(service.spec!, { type: 'ClusterIP' }),
      says: ['danger: Can no longer be reached from outside the cluster.'],
    },
    {
      it: 'warns of another port of the nodes',
      before: ({ service }) => {
        Object.assign(service.spec!, { type: 'NodePort' });
        Object.assign(service.spec!.ports![0]!, { nodePort: 30_081 });
      },
      change: ({ service }) => Object.assign(service.spec!.ports![0]!, { nodePort: 30_082 }),
      says: ["danger: Connections to the nodes' port 30081 fail: it is 30082 now."],
    },
    {
      it: 'warns of pods that are named before they are ready',
      change: ({ service }) => Object.assign(service.spec!, { publishNotReadyAddresses: true }),
      says: ['danger: Names pods before they are ready.'],
    },
  ],
};
