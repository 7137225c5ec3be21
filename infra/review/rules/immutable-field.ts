/**
 * Some fields are fixed when an object is made: apply fails, and the object stays as it was, until someone deletes it and
 * its pods, addresses or data with it. The lists are those of the API server's own validation.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

import { isKind } from '../manifests.ts';
import { parseQuantity } from '../quantity.ts';
import { danger, type Rule } from '../rule.ts';

export const immutableField: Rule = {
  name: 'immutable-field',
  reference: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates',
  judge: ({ changes }) =>
    changes.flatMap(({ before, after }) => {
      if (!before || !after) return [];
      const fields = fixedFields(before, after).map((path) => `\`${path}\``);
      if (fields.length === 0) return [];
      const are = fields.length === 1 ? 'is' : 'are';
      return [danger(after, `Apply fails: ${fields.join(', ')} ${are} immutable. ${REMEDIES[after.kind!] ?? REMEDY}`)];
    }),
};

const REMEDY = 'The object has to be deleted and made anew.';
const REMEDIES: Readonly<Record<string, string>> = {
  Deployment: 'It has to be deleted with its pods and made anew, or its pods orphaned and taken over by hand.',
  Job: 'A Job that has to run again needs another name.',
  PersistentVolumeClaim: 'A claim that is deleted may take its data with it.',
  StatefulSet: 'It has to be deleted (`--cascade=orphan` keeps its pods) and made anew.',
};

/** The only fields of a StatefulSet's spec that may change. */
const STATEFUL_SET_OPEN = new Set([
  'minReadySeconds',
  'ordinals',
  'persistentVolumeClaimRetentionPolicy',
  'replicas',
  'revisionHistoryLimit',
  'template',
  'updateStrategy',
]);

/** Fields that never change, by kind. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  Job: ['spec.selector', 'spec.template', 'spec.completionMode', 'spec.podFailurePolicy', 'spec.backoffLimitPerIndex'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
  Secret: ['type'],
  StorageClass: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  PriorityClass: ['value', 'preemptionPolicy'],
  IngressClass: ['spec.controller'],
  RuntimeClass: ['handler'],
};

function fixedFields(before: KubernetesObject, after: KubernetesObject): string[] {
  const fixed = (FIXED[after.kind!] ?? []).filter((path) => !isDeepStrictEqual(at(before, path), at(after, path)));
  const [old, young] = [before, after].map((object) => (object as { spec?: Record<string, unknown> }).spec ?? {});
  if (isKind(after, 'StatefulSet')) {
    const names = [...new Set([...Object.keys(old!), ...Object.keys(young!)])].filter(
      (name) => !STATEFUL_SET_OPEN.has(name),
    );
    fixed.push(...names.filter((name) => !isDeepStrictEqual(old![name], young![name])).map((name) => `spec.${name}`));
  }
  if (isKind(before, 'ConfigMap', 'Secret') && before.immutable) {
    const paths = ['data', 'binaryData', 'immutable'];
    fixed.push(...paths.filter((path) => !isDeepStrictEqual(at(before, path), at(after, path))));
  }
  if (isKind(before, 'Service') && isKind(after, 'Service')) {
    const [from, to] = [before.spec?.clusterIP, after.spec?.clusterIP];
    const named = from !== undefined || to === 'None';
    if (named && from !== to && after.spec?.type !== 'ExternalName' && !(to === undefined && from !== 'None')) {
      fixed.push('spec.clusterIP');
    }
  }
  if (isKind(before, 'PersistentVolumeClaim') && isKind(after, 'PersistentVolumeClaim')) {
    const names = ['accessModes', 'selector', 'storageClassName', 'volumeMode', 'volumeName', 'dataSource'];
    fixed.push(
      ...names.map((name) => `spec.${name}`).filter((path) => !isDeepStrictEqual(at(before, path), at(after, path))),
    );
    const [from, to] = [before, after].map(({ spec }) => parseQuantity(spec?.resources?.requests?.['storage']) ?? 0n);
    if (to! < from!) fixed.push('spec.resources.requests.storage');
  }
  return fixed;
}

function at(object: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}
