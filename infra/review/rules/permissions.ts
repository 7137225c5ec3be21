/**
 * What a role allows, and to whom: rules are taken apart into single permissions, so that a verb moved from one rule to
 * another is no change. A wider role is a danger where the documentation calls it a way to more power.
 */
import type { KubernetesObject, RbacV1Subject, V1PolicyRule } from '@kubernetes/client-node';

import { nameOf, namespaceOf, ofKind } from '../manifests.ts';
import { changesOf, danger, effect, updatesOf, type Finding, type Rule } from '../rule.ts';
import { LASTING_KINDS, podSpecOf, type LastingWorkload } from '../workload.ts';

export const permissions: Rule = {
  name: 'permissions',
  reference: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks',
  judge: (comparison) => [
    ...changesOf(comparison, 'Role', 'ClusterRole').flatMap(({ before, after }) => {
      const [old, young] = [before, after].map((role) => (role?.rules ?? []).flatMap(expandRule));
      const gained = young!.filter((one) => !old!.some((other) => covers(other, one)));
      const lost = old!.filter((one) => !young!.some((other) => covers(other, one)));
      const [strong, weak] = [gained.filter(isEscalation), gained.filter((one) => !isEscalation(one))];
      const role = (after ?? before)!;
      return [
        ...(strong.length > 0 ? [danger(role, `Widened by what leads to more power: ${describe(strong)}.`)] : []),
        ...(weak.length > 0 ? [effect(role, `Widened by ${describe(weak)}.`)] : []),
        ...(lost.length > 0 ? [effect(role, `Narrowed by ${describe(lost)}.`)] : []),
      ];
    }),
    ...changesOf(comparison, 'RoleBinding', 'ClusterRoleBinding').flatMap(({ before, after }): Finding[] => {
      const binding = (after ?? before)!;
      const role = `${binding.roleRef.kind} ${binding.roleRef.name}`;
      const where = binding.kind === 'ClusterRoleBinding' ? ' in every namespace' : '';
      const [old, young] = [before, after].map((one) => (one?.subjects ?? []).map(describeSubject));
      const gained = young!.filter((subject) => !old!.includes(subject));
      const lost = old!.filter((subject) => !young!.includes(subject));
      return [
        ...gained.map((subject) =>
          binding.roleRef.name === 'cluster-admin' || EVERYONE.test(subject)
            ? danger(binding, `${subject} gains ${role}${where}.`)
            : effect(binding, `${subject} gains ${role}${where}.`),
        ),
        ...lost.map((subject) => effect(binding, `${subject} loses ${role}${where}.`)),
      ];
    }),
    ...updatesOf(comparison, ...LASTING_KINDS).flatMap(({ before, after }) => {
      const [was, is] = [callerOf(before, comparison.before), callerOf(after, comparison.after)];
      if (was === is) return [];
      if (is === undefined) return [effect(after, `Its pods no longer hold a token of ServiceAccount ${was}.`)];
      const instead = was === undefined ? '' : `, no longer as ${was}`;
      return [effect(after, `Its pods may call the API server as ServiceAccount ${is}${instead}.`)];
    }),
  ],
};

/** The account whose token pods hold, if they hold one: the pod's own word counts before the account's. */
function callerOf(workload: LastingWorkload, objects: readonly KubernetesObject[]): string | undefined {
  const { serviceAccountName = 'default', automountServiceAccountToken: own } = podSpecOf(workload)!;
  const account = ofKind(objects, 'ServiceAccount').find(
    (one) => nameOf(one) === serviceAccountName && namespaceOf(one) === namespaceOf(workload),
  );
  return (own ?? account?.automountServiceAccountToken ?? true) ? serviceAccountName : undefined;
}

/** Groups that hold every caller, or every caller with an account. */
const EVERYONE = /^(Group|User) system:(anonymous|unauthenticated|authenticated|serviceaccounts)$/;

interface Permission {
  readonly verb: string;
  /** "group/resource", or a path that is no resource. */
  readonly target: string;
  /** The one object's name, or '*'. */
  readonly name: string;
}

function expandRule({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: V1PolicyRule): Permission[] {
  const targets = [
    ...(apiGroups ?? []).flatMap((group) => (resources ?? []).map((resource) => `${group}/${resource}`)),
    ...(nonResourceURLs ?? []).map((path) => `url ${path}`),
  ];
  const names = resourceNames?.length ? resourceNames : ['*'];
  return verbs.flatMap((verb) => targets.flatMap((target) => names.map((name) => ({ verb, target, name }))));
}

function covers(wide: Permission, narrow: Permission): boolean {
  return (
    (wide.verb === '*' || wide.verb === narrow.verb) &&
    (wide.name === '*' || wide.name === narrow.name) &&
    coversTarget(wide.target, narrow.target)
  );
}

function coversTarget(wide: string, narrow: string): boolean {
  if (wide.startsWith('url ') || narrow.startsWith('url ')) {
    return wide === narrow || (wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1)));
  }
  const [wideGroup, wideResource] = splitTarget(wide);
  const [group, resource] = splitTarget(narrow);
  // "*/scale" stands for that subresource of every resource.
  const [name, subresource] = wideResource.split('/');
  const matches =
    wideResource === '*' || wideResource === resource || (name === '*' && subresource === resource.split('/')[1]);
  return (wideGroup === '*' || wideGroup === group) && matches;
}

function splitTarget(target: string): [string, string] {
  const slash = target.indexOf('/');
  return [target.slice(0, slash), target.slice(slash + 1)];
}

/** Resources by which a caller may come to more than was given, by the verbs that do it. */
const ESCALATIONS: readonly (readonly [RegExp, RegExp])[] = [
  [/^\/secrets$/, /^(get|list|watch|create|update|patch)$/],
  [
    /^\/pods$|^(apps|batch|)\/(deployments|statefulsets|daemonsets|replicasets|jobs|cronjobs|replicationcontrollers)$/,
    /^(create|update|patch)$/,
  ],
  [/^\/pods\/(exec|attach|ephemeralcontainers|portforward)$/, /./],
  [/^\/nodes\/proxy$|^\/serviceaccounts\/token$|^certificates\.k8s\.io\//, /./],
  [/^\/persistentvolumes$|^admissionregistration\.k8s\.io\//, /^(create|update|patch)$/],
  [/^rbac\.authorization\.k8s\.io\//, /^(create|update|patch|bind|escalate)$/],
  [/./, /^(\*|escalate|bind|impersonate)$/],
  [/\*/, /./],
];

function isEscalation({ verb, target }: Permission): boolean {
  return ESCALATIONS.some(([targets, verbs]) => targets.test(target) && verbs.test(verb));
}

/** "get, list on secrets; create on pods/exec named x". */
function describe(list: readonly Permission[]): string {
  const targets = Map.groupBy(
    list,
    ({ target, name }) => `${describeTarget(target)}${name === '*' ? '' : ` named ${name}`}`,
  );
  const verbs = Map.groupBy(targets, ([, ones]) => ones.map(({ verb }) => verb).join(', '));
  return [...verbs].map(([verb, ones]) => `${verb} on ${ones.map(([target]) => target).join(', ')}`).join('; ');
}

function describeTarget(target: string): string {
  if (target.startsWith('url ')) return target.slice(4);
  const [group, resource] = splitTarget(target);
  if (group === '') return resource;
  return `${resource === '*' ? 'everything' : resource} of ${group === '*' ? 'every API group' : group}`;
}

function describeSubject({ kind, name, namespace }: RbacV1Subject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
