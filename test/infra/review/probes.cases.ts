import { probes } from '../../../infra/review/rules/probes.ts';
import type { RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

export const probesCases: RuleCases = {
  rule: probes,
  cases: [
    {
      it: 'warns of a probe whose port is not there',
      change: (install) => Object.assign(containerOf(install).readinessProbe!.httpGet!, { port: 'health' }),
      says: ['danger: The readiness probe of clock always fails: no port of it is called `health`.'],
    },
    {
      it: 'is silent about the same port by its number',
      change: (install) => Object.assign(containerOf(install).readinessProbe!.httpGet!, { port: 8081 }),
      says: [],
    },
    {
      it: 'warns of a restart before readiness takes the pod out',
      change: (install) =>
        Object.assign(containerOf(install).readinessProbe!, { periodSeconds: 10, failureThreshold: 4 }),
      says: ['danger: clock is restarted after 30 s of trouble, before readiness takes it out of service after 40 s.'],
    },
    {
      it: 'is silent about a readiness probe that is slower and still before',
      change: (install) =>
        Object.assign(containerOf(install).readinessProbe!, { periodSeconds: 10, failureThreshold: 2 }),
      says: [],
    },
    {
      it: 'warns of a pod that counts as ready before it is',
      change: (install) => Reflect.deleteProperty(containerOf(install), 'readinessProbe'),
      says: ['danger: clock gets requests as soon as it runs, ready or not: it has no readiness probe.'],
    },
    {
      it: 'says that a pod which hangs stays',
      change: (install) => Reflect.deleteProperty(containerOf(install), 'livenessProbe'),
      says: ['effect: clock is not restarted when it hangs: it has no liveness probe.'],
    },
    {
      it: 'warns of less time to start',
      change: (install) => Object.assign(containerOf(install).startupProbe!, { failureThreshold: 5 }),
      says: ['danger: clock is killed unless it starts within 5 s; it had 30 s.'],
    },
    {
      it: 'warns of a rollout that gives up before a start does',
      change: ({ deployment }) => Object.assign(deployment.spec!, { progressDeadlineSeconds: 20 }),
      says: [
        'danger: A rollout is reported as failed too early: clock may take 30 s to start, the progress deadline is 20 s.',
      ],
    },
    {
      it: 'is silent about a deadline that a start fits into',
      change: ({ deployment }) => Object.assign(deployment.spec!, { progressDeadlineSeconds: 40 }),
      says: [],
    },
    {
      it: 'refuses to count a pod as available after the deadline',
      change: ({ deployment }) => Object.assign(deployment.spec!, { minReadySeconds: 600 }),
      says: ['danger: Apply fails: minReadySeconds 600 is not below progressDeadlineSeconds 600.'],
    },
  ],
};
