/**
 * A ConfigMap or a Secret changes behind the back of pods that run: variables keep what they had when the container
 * started, mounted files change after a while, and pods that happen to restart differ from the others. What is missing
 * keeps the next pod from starting.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { isDeepStrictEqual } from 'node:util';

import { identify, isKind, nameOf, namespaceOf, ofKind, type Kinds } from '../manifests.ts';
import { danger, effect, introduced, updatesOf, type Finding, type Rule } from '../rule.ts';
import { containersOf, podSpecOf, podTemplateOf, WORKLOAD_KINDS } from '../workload.ts';

export const configuration: Rule = {
  name: 'configuration',
  reference:
    'https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically',
  judge: (comparison) => [
    ...updatesOf(comparison, 'ConfigMap', 'Secret').flatMap(({ before, after }) => {
      if (isDeepStrictEqual(contentOf(before), contentOf(after))) return [];
      const old = new Map(comparison.before.map((object) => [identify(object), object]));
      return ofKind(comparison.after, ...WORKLOAD_KINDS)
        .filter((workload) => {
          const was = old.get(identify(workload));
          return was && isDeepStrictEqual(podTemplateOf(was), podTemplateOf(workload));
        })
        .flatMap((workload) => judgeUse(after, workload));
    }),
    ...introduced(comparison, (objects) =>
      ofKind(objects, ...WORKLOAD_KINDS).flatMap((one) => findMissing(one, objects, comparison.before)),
    ),
  ],
};

type Source = Kinds['ConfigMap' | 'Secret'];

function contentOf(source: Source): unknown {
  const { data, binaryData } = source as Kinds['ConfigMap'];
  return { data, binaryData, stringData: isKind(source, 'Secret') ? source.stringData : undefined };
}

interface Reference {
  readonly kind: 'ConfigMap' | 'Secret' | 'ServiceAccount';
  readonly name: string;
  readonly key?: string;
  readonly by: 'variable' | 'file' | 'copied file' | 'account';
}

function judgeUse(source: Source, workload: KubernetesObject): Finding[] {
  const uses = new Set(
    namespaceOf(workload) === namespaceOf(source)
      ? referencesOf(workload)
          .filter(({ kind, name }) => kind === source.kind && name === nameOf(source))
          .map(({ by }) => by)
      : [],
  );
  const pods = `Pods of ${workload.kind} ${nameOf(workload)}`;
  return [
    ...(uses.has('variable')
      ? [danger(source, `${pods} keep their variables as they were until they restart, each at its time.`)]
      : []),
    ...(uses.has('file')
      ? [effect(source, `${pods} see the new files after a minute or two, without a restart.`)]
      : []),
    ...(uses.has('copied file')
      ? [danger(source, `${pods} keep files mounted by subPath as they were until they restart.`)]
      : []),
  ];
}

/** Only what was among the manifests before, or is in part: others may be made elsewhere. */
function findMissing(
  workload: KubernetesObject,
  objects: readonly KubernetesObject[],
  before: readonly KubernetesObject[],
): Finding[] {
  return referencesOf(workload).flatMap(({ kind, name, key }) => {
    const find = (list: readonly KubernetesObject[]) =>
      list.find((one) => one.kind === kind && nameOf(one) === name && namespaceOf(one) === namespaceOf(workload));
    const found = find(objects);
    if (!found && find(before)) return [danger(workload, `Its next pod does not start: ${kind} ${name} is gone.`)];
    if (!found || key === undefined || isKind(found, 'ServiceAccount')) return [];
    const keys = Object.values(contentOf(found as Source) as object).flatMap((data) =>
      Object.keys((data as object | undefined) ?? {}),
    );
    return keys.includes(key)
      ? []
      : [danger(workload, `Its next pod does not start: ${kind} ${name} has no key ${key}.`)];
  });
}

/** What the pods of a workload cannot start without. */
function referencesOf(workload: KubernetesObject): Reference[] {
  const pod = podSpecOf(workload)!;
  const containers = containersOf(workload);
  const copied = new Set(
    containers.flatMap(({ volumeMounts = [] }) =>
      volumeMounts.filter(({ subPath }) => subPath).map(({ name }) => name),
    ),
  );
  const account: Reference[] =
    pod.serviceAccountName === undefined
      ? []
      : [{ kind: 'ServiceAccount', name: pod.serviceAccountName, by: 'account' }];
  const variables = containers.flatMap(({ env = [], envFrom = [] }) => [
    ...env.flatMap(({ valueFrom }) => [
      ['ConfigMap', valueFrom?.configMapKeyRef] as const,
      ['Secret', valueFrom?.secretKeyRef] as const,
    ]),
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ['ConfigMap', configMapRef] as const,
      ['Secret', secretRef] as const,
    ]),
  ]);
  const files = (pod.volumes ?? []).flatMap(({ name: volume, configMap, secret }) => {
    const by = copied.has(volume) ? ('copied file' as const) : ('file' as const);
    return [
      ...(configMap?.name !== undefined && !configMap.optional
        ? [{ kind: 'ConfigMap' as const, name: configMap.name, by }]
        : []),
      ...(secret?.secretName !== undefined && !secret.optional
        ? [{ kind: 'Secret' as const, name: secret.secretName, by }]
        : []),
    ];
  });
  return [
    ...account,
    ...variables.flatMap(([kind, one]): Reference[] => {
      if (one?.name === undefined || one.optional) return [];
      return [{ kind, name: one.name, by: 'variable', ...('key' in one && { key: String(one.key) }) }];
    }),
    ...files,
  ];
}
