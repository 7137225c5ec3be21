import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';

import { immutableField } from '../../../infra/review/rules/immutable-field.ts';
import type { RuleCases } from './cases.ts';
import { addStatefulSet, statefulSetOf, type Install } from './install.ts';

const ANEW = 'The object has to be deleted and made anew.';

const addClaim = (install: Install) =>
  install.others.push({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'review' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  } as V1PersistentVolumeClaim);

const claimOf = (install: Install) => install.others[0] as V1PersistentVolumeClaim;

export const immutableFieldCases: RuleCases = {
  rule: immutableField,
  cases: [
    {
      it: "refuses another selector of a Deployment's pods",
      change: ({ deployment: { spec } }) => {
        Object.assign(spec!.selector.matchLabels!, { tier: 'front' });
        Object.assign(spec!.template.metadata!.labels!, { tier: 'front' });
      },
      says: [
        'danger: Apply fails: `spec.selector` is immutable. ' +
          'It has to be deleted with its pods and made anew, or its pods orphaned and taken over by hand.',
      ],
    },
    {
      it: "takes another label of a Deployment's pods",
      change: ({ deployment: { spec } }) => Object.assign(spec!.template.metadata!.labels!, { tier: 'front' }),
      says: [],
    },
    {
      it: 'refuses another role for a binding',
      change: ({ binding }) => Object.assign(binding.roleRef, { name: 'other' }),
      says: [`danger: Apply fails: \`roleRef\` is immutable. ${ANEW}`],
    },
    {
      it: 'takes another subject for a binding',
      change: ({ binding }) => Object.assign(binding.subjects![0]!, { name: 'other' }),
      says: [],
    },
    {
      it: 'refuses to make a Service headless',
      change: ({ service }) => Object.assign(service.spec!, { clusterIP: 'None' }),
      says: [`danger: Apply fails: \`spec.clusterIP\` is immutable. ${ANEW}`],
    },
    {
      it: 'takes another type of a Service',
      change: ({ service }) => Object.assign(service.spec!, { type: 'NodePort' }),
      says: [],
    },
    {
      it: 'refuses new data for an immutable ConfigMap',
      before: ({ settings }) => Object.assign(settings, { immutable: true }),
      change: ({ settings }) => Object.assign(settings.data!, { zone: 'Asia/Tokyo' }),
      says: [`danger: Apply fails: \`data\` is immutable. ${ANEW}`],
    },
    {
      it: 'takes new data for any other ConfigMap',
      change: ({ settings }) => Object.assign(settings.data!, { zone: 'Asia/Tokyo' }),
      says: [],
    },
    {
      it: 'refuses another governing Service of a StatefulSet',
      before: addStatefulSet,
      change: (install) => Object.assign(statefulSetOf(install).spec!, { serviceName: 'other' }),
      says: [
        'danger: Apply fails: `spec.serviceName` is immutable. ' +
          'It has to be deleted (`--cascade=orphan` keeps its pods) and made anew.',
      ],
    },
    {
      it: 'takes another number of pods of a StatefulSet',
      before: addStatefulSet,
      change: (install) => Object.assign(statefulSetOf(install).spec!, { replicas: 1 }),
      says: [],
    },
    {
      it: 'refuses less storage for a claim',
      before: addClaim,
      change: (install) => Object.assign(claimOf(install).spec!.resources!.requests!, { storage: '512Mi' }),
      says: [
        'danger: Apply fails: `spec.resources.requests.storage` is immutable. ' +
          'A claim that is deleted may take its data with it.',
      ],
    },
    {
      it: 'takes the same storage in another writing',
      before: addClaim,
      change: (install) => Object.assign(claimOf(install).spec!.resources!.requests!, { storage: '1024Mi' }),
      says: [],
    },
  ],
};
