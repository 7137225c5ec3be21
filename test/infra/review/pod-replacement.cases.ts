import type { V1Pod } from '@kubernetes/client-node';

import { podReplacement } from '../../../infra/review/rules/pod-replacement.ts';
import type { RuleCases } from './cases.ts';
import {
  addDaemonSet,
  addStatefulSet,
  addVariableTo,
  containerOf,
  daemonSetOf,
  statefulSetOf,
  type Install,
} from './install.ts';

const REPLACED = ['effect: All pods are replaced.'];
const KEPT = ['effect: No pod restarts.'];
const RELEASED = ['effect: Pods that a change was kept from are replaced now, if there are any.'];

/** A StatefulSet of two pods, those below a number kept as they are. */
function addPartitioned(install: Install, partition: number): void {
  addStatefulSet(install);
  Object.assign(statefulSetOf(install).spec!, { replicas: 2, updateStrategy: { rollingUpdate: { partition } } });
}

function addPod(install: Install): void {
  const { spec } = structuredClone(install.deployment.spec!.template);
  install.others.push({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'alone', namespace: 'review' },
    spec,
  } as V1Pod);
}

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
    {
      it: 'replaces pods that a pause has kept a change from',
      before: ({ deployment }) => Object.assign(deployment.spec!, { paused: true }),
      change: ({ deployment }) => Object.assign(deployment.spec!, { paused: false }),
      says: RELEASED,
    },
    {
      it: 'replaces pods of a StatefulSet from the partition on',
      before: (install) => addPartitioned(install, 1),
      change: (install) => addVariableTo(statefulSetOf(install)),
      says: ['effect: Pods from number 1 on are replaced, those before it are not.'],
    },
    {
      it: 'keeps all pods of a StatefulSet below a partition',
      before: (install) => addPartitioned(install, 2),
      change: (install) => addVariableTo(statefulSetOf(install)),
      says: ['effect: No pod restarts: the partition 2 is above all of them.'],
    },
    {
      it: 'replaces pods that a partition has kept a change from',
      before: (install) => addPartitioned(install, 2),
      change: (install) => Object.assign(statefulSetOf(install).spec!.updateStrategy!.rollingUpdate!, { partition: 0 }),
      says: RELEASED,
    },
    {
      it: 'keeps pods of a DaemonSet until each is deleted',
      before: (install) => {
        addDaemonSet(install);
        daemonSetOf(install).spec!.updateStrategy = { type: 'OnDelete' };
      },
      change: (install) => addVariableTo(daemonSetOf(install)),
      says: ['effect: No pod restarts: each is replaced when someone deletes it.'],
    },
    {
      it: 'restarts a container of a pod in place for its image',
      before: addPod,
      change: ({ others }) => Object.assign((others[0] as V1Pod).spec!.containers[0]!, { image: 'time-service:0.2.0' }),
      says: ['effect: Containers with another image restart, in the same pod.'],
    },
    {
      it: 'keeps a pod for a label',
      before: addPod,
      change: ({ others }) => Object.assign(others[0]!.metadata!, { labels: { tier: 'front' } }),
      says: KEPT,
    },
    {
      it: 'refuses another variable of a pod that exists',
      before: addPod,
      change: ({ others }) => Object.assign((others[0] as V1Pod).spec!.containers[0]!, { env: [] }),
      says: ['danger: Apply fails: most fields of a pod that exists are immutable.'],
    },
  ],
};
