import { podReplacement } from '../../../infra/review/rules/pod-replacement.ts';
import type { RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

const REPLACED = ['effect: All pods are replaced.'];
const KEPT = ['effect: No pod restarts.'];

export const podReplacementCases: RuleCases = {
  rule: podReplacement,
  cases: [
    {
      it: 'replaces pods for a variable',
      change: (install) => containerOf(install).env!.push({ name: 'LOG_LEVEL', value: 'debug' }),
      says: REPLACED,
    },
    {
      it: 'replaces pods for a label, even one that nothing selects',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.metadata!.labels!, { tier: 'front' }),
      says: REPLACED,
    },
    {
      it: 'replaces pods for the order of their variables, which may refer to each other',
      change: (install) => Object.assign(containerOf(install), { env: containerOf(install).env!.toReversed() }),
      says: REPLACED,
    },
    {
      it: 'replaces pods for a grace period',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.spec!, { terminationGracePeriodSeconds: 20 }),
      says: REPLACED,
    },
    {
      it: "keeps pods for the Deployment's own label",
      change: ({ deployment }) => Object.assign(deployment.metadata!, { labels: { team: 'a' } }),
      says: KEPT,
    },
    {
      it: 'keeps pods for another pace of rollouts',
      change: ({ deployment }) => Object.assign(deployment.spec!.strategy!.rollingUpdate!, { maxSurge: 2 }),
      says: KEPT,
    },
    {
      it: 'says nothing of defaults that are written out, and of quantities that are worth the same',
      change: (install) => {
        containerOf(install).resources!.requests = { cpu: '0.05', memory: '98304Ki' };
        Object.assign(containerOf(install).ports![0]!, { protocol: 'TCP' });
        Object.assign(containerOf(install).livenessProbe!, {
          periodSeconds: 10,
          timeoutSeconds: 1,
          failureThreshold: 3,
        });
        Object.assign(install.deployment.spec!.template.spec!, { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' });
      },
      says: [],
    },
    {
      it: 'ends all pods first where they are recreated',
      before: ({ deployment }) => Object.assign(deployment.spec!, { strategy: { type: 'Recreate' } }),
      change: (install) => containerOf(install).env!.push({ name: 'LOG_LEVEL', value: 'debug' }),
      says: ['danger: All pods end before the first new one starts: nothing serves in between.'],
    },
    {
      it: 'keeps pods while the Deployment is paused',
      before: ({ deployment }) => Object.assign(deployment.spec!, { paused: true }),
      change: (install) => containerOf(install).env!.push({ name: 'LOG_LEVEL', value: 'debug' }),
      says: ['effect: No pod restarts while it is paused.'],
    },
  ],
};
