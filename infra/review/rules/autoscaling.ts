/**
 * An autoscaler and a manifest that both say how many pods there are undo each other at each apply; and a manifest that
 * stops saying it falls back to one pod, unless the field is handed over first. An autoscaler of a share of the request
 * needs a request to take a share of.
 */
import type { KubernetesObject } from '@kubernetes/client-node';

import { isKind, nameOf, namespaceOf, ofKind, type Kinds } from '../manifests.ts';
import { changesOf, danger, effect, introduced, updatesOf, type Finding, type Rule } from '../rule.ts';
import { autoscalerOf, containersOf, WORKLOAD_KINDS } from '../workload.ts';

export const autoscaling: Rule = {
  name: 'autoscaling',
  reference:
    'https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling',
  judge: (comparison) => [
    ...introduced(comparison, (objects) =>
      ofKind(objects, 'Deployment', 'StatefulSet').flatMap((one) => findContest(one, objects)),
    ),
    ...introduced(comparison, (objects) =>
      ofKind(objects, 'HorizontalPodAutoscaler').flatMap((autoscaler) => findIdleAutoscaler(autoscaler, objects)),
    ),
    ...updatesOf(comparison, 'Deployment', 'StatefulSet').flatMap(({ before, after }) => {
      const [from, to] = [before.spec?.replicas, after.spec?.replicas];
      const autoscaled = autoscalerOf(after, comparison.after) !== undefined;
      if (from === to) return [];
      if (to === undefined) {
        const until = autoscaled ? ', until the autoscaler adds what is missing' : '';
        return [danger(after, `Falls to 1 pod: \`replicas: ${from}\` is taken back, and 1 is the default${until}.`)];
      }
      if (to === 0) return [danger(after, `All ${from ?? ''} pods end: it is scaled to 0.`.replace('  ', ' '))];
      return from === undefined ? [] : [effect(after, `Runs ${to} pods instead of ${from}.`)];
    }),
    ...changesOf(comparison, 'HorizontalPodAutoscaler').flatMap(({ before, after }) => {
      if (!before || !after) return [];
      const [old, young] = [before, after].map(({ spec }) => `${spec?.minReplicas ?? 1} to ${spec?.maxReplicas}`);
      return old === young ? [] : [effect(after, `Keeps ${young} pods instead of ${old}.`)];
    }),
  ],
};

function findContest(workload: KubernetesObject, objects: readonly KubernetesObject[]): Finding[] {
  const autoscaler = autoscalerOf(workload, objects);
  if (!autoscaler || !isKind(workload, 'Deployment', 'StatefulSet') || workload.spec?.replicas === undefined) return [];
  const { replicas } = workload.spec;
  const name = `HorizontalPodAutoscaler ${nameOf(autoscaler)}`;
  return [danger(workload, `Each apply sets the number of pods to ${replicas}, whatever ${name} has made of it.`)];
}

function findIdleAutoscaler(
  autoscaler: Kinds['HorizontalPodAutoscaler'],
  objects: readonly KubernetesObject[],
): Finding[] {
  if (!autoscaler.spec) return [];
  const { scaleTargetRef, minReplicas = 1, maxReplicas, metrics = [] } = autoscaler.spec;
  if (minReplicas > maxReplicas) {
    return [danger(autoscaler, `Apply fails: minReplicas ${minReplicas} is more than maxReplicas ${maxReplicas}.`)];
  }
  const neighbours = ofKind(objects, ...WORKLOAD_KINDS).filter((one) => namespaceOf(one) === namespaceOf(autoscaler));
  const target = neighbours.find((one) => one.kind === scaleTargetRef.kind && nameOf(one) === scaleTargetRef.name);
  if (!target) {
    if (neighbours.length === 0) return [];
    return [
      danger(
        autoscaler,
        `Scales nothing: there is no ${scaleTargetRef.kind} ${scaleTargetRef.name} in these manifests.`,
      ),
    ];
  }
  return metrics.flatMap(({ type, resource }) => {
    if (type !== 'Resource' || resource?.target.type !== 'Utilization') return [];
    const bare = containersOf(target).filter(
      ({ resources }) =>
        !(resource.name in (resources?.requests ?? {})) && !(resource.name in (resources?.limits ?? {})),
    );
    return bare.map(({ name }) =>
      danger(
        autoscaler,
        `Cannot scale: container ${name} has no ${resource.name} request that ${resource.target.averageUtilization} % could be taken of.`,
      ),
    );
  });
}
