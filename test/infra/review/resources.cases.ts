import { resources } from '../../../infra/review/rules/resources.ts';
import type { Case, RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

const set =
  (kind: 'limits' | 'requests', amounts: Record<string, string>): Case['change'] =>
  (install) =>
    Object.assign(containerOf(install).resources![kind]!, amounts);

export const resourcesCases: RuleCases = {
  rule: resources,
  cases: [
    {
      it: 'warns of a lower memory limit',
      change: set('limits', { memory: '128Mi' }),
      says: ['danger: clock is killed when it uses more than 128Mi; it was allowed 192Mi.'],
    },
    { it: 'is silent about a higher memory limit', change: set('limits', { memory: '256Mi' }), says: [] },
    {
      it: 'refuses a limit below the request',
      change: set('limits', { memory: '64Mi' }),
      says: [
        'danger: Apply fails: clock requests memory 96Mi, more than its limit 64Mi.',
        'danger: clock is killed when it uses more than 64Mi; it was allowed 192Mi.',
      ],
    },
    {
      it: 'says what more is reserved, over all pods',
      change: set('requests', { cpu: '100m' }),
      says: ['effect: With 4 pods it reserves cpu 400m instead of 200m.'],
    },
    {
      it: 'says that a memory limit is given up',
      change: (install) => Reflect.deleteProperty(containerOf(install).resources!, 'limits'),
      says: ['effect: clock may take all memory of its node: it has no limit.'],
    },
    {
      it: 'says that pods are evicted sooner',
      before: set('limits', { cpu: '50m', memory: '96Mi' }),
      change: set('limits', { cpu: '100m' }),
      says: ['effect: Its pods are Burstable, no longer Guaranteed, when a node runs short of memory.'],
    },
  ],
};
