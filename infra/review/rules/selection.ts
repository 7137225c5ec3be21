/**
 * Objects find pods by labels, and nobody complains where none is found: a Service has no endpoints, a budget or a policy
 * guards nothing. And where two workloads select each other's pods, each counts and ends what is not its own.
 */
import type { KubernetesObject, V1LabelSelector } from '@kubernetes/client-node';

import { isKind, nameOf, namespaceOf, ofKind } from '../manifests.ts';
import { danger, introduced, type Finding, type Rule } from '../rule.ts';
import { describeSelector, matchesSelector } from '../selector.ts';
import { containersOf, LASTING_KINDS, podTemplateOf, selectsPodsOf, WORKLOAD_KINDS } from '../workload.ts';

export const selection: Rule = {
  name: 'selection',
  reference: 'https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service',
  judge: (comparison) =>
    introduced(comparison, (objects) => [
      ...objects.flatMap((object) => findNothingSelected(object, objects)),
      ...objects.flatMap(findOwnPodsMissed),
      ...findOverlaps(objects),
      ...ofKind(objects, 'Service').flatMap((service) => findMissingPorts(service, objects)),
    ]),
};

/** What it means that no pod is found, by kind. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  NetworkPolicy: 'it guards nothing',
  PodDisruptionBudget: 'it holds nothing back',
  Service: 'it has no endpoints and refuses every connection',
};

function selectorOf(object: KubernetesObject): V1LabelSelector | undefined {
  if (isKind(object, 'Service')) return object.spec?.selector && { matchLabels: object.spec.selector };
  if (isKind(object, 'NetworkPolicy')) return object.spec?.podSelector;
  if (isKind(object, 'PodDisruptionBudget')) return object.spec?.selector;
  return undefined;
}

/** Only where the manifests hold workloads of that namespace at all: others may be made elsewhere. */
function findNothingSelected(object: KubernetesObject, objects: readonly KubernetesObject[]): Finding[] {
  const selector = selectorOf(object);
  const neighbours = ofKind(objects, ...WORKLOAD_KINDS).filter((one) => namespaceOf(one) === namespaceOf(object));
  if (!selector || neighbours.length === 0) return [];
  if (neighbours.some((workload) => selectsPodsOf(object, selector, workload))) return [];
  const selected = `\`${describeSelector(selector)}\` selects no pod of these manifests`;
  return [danger(object, `${selected}: ${CONSEQUENCES[object.kind!]}.`)];
}

function findOwnPodsMissed(object: KubernetesObject): Finding[] {
  if (!isKind(object, ...LASTING_KINDS)) return [];
  if (matchesSelector(object.spec?.selector, podTemplateOf(object)?.metadata?.labels ?? {})) return [];
  return [danger(object, "Apply fails: its selector does not match its own pod template's labels.")];
}

function findOverlaps(objects: readonly KubernetesObject[]): Finding[] {
  const workloads = ofKind(objects, ...LASTING_KINDS);
  return workloads.flatMap((one) =>
    workloads
      .filter((other) => other !== one && selectsPodsOf(one, one.spec?.selector, other))
      .map((other) => danger(one, `Its selector also matches the pods of ${other.kind} ${nameOf(other)}.`)),
  );
}

function findMissingPorts(service: KubernetesObject, objects: readonly KubernetesObject[]): Finding[] {
  if (!isKind(service, 'Service') || !service.spec?.selector) return [];
  const selector = { matchLabels: service.spec.selector };
  const pods = ofKind(objects, ...WORKLOAD_KINDS).filter((workload) => selectsPodsOf(service, selector, workload));
  const names = new Set(pods.flatMap(containersOf).flatMap(({ ports = [] }) => ports.map(({ name }) => name)));
  if (pods.length === 0) return [];
  return (service.spec.ports ?? [])
    .filter(({ targetPort }) => typeof targetPort === 'string' && !names.has(targetPort))
    .map(({ port, targetPort }) =>
      danger(
        service,
        `Port ${port} leads to \`${targetPort}\`, which no container of its pods has: it has no endpoints.`,
      ),
    );
}
