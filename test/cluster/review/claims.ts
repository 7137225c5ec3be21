/**
 * What the API server and its controllers confirm of a change, without a pod that runs: what is refused, which workloads
 * get new pods, of which class those are and whether Pod Security takes them, and what accounts may do.
 */
import assert from 'node:assert/strict';

import { AuthorizationV1Api, type KubernetesObject } from '@kubernetes/client-node';

import { ofKind, type Kinds } from '../../../infra/review/manifests.ts';
import type { Finding } from '../../../infra/review/rule.ts';
import { apply, apps, config, core, eventually, findingsOf, keyOf, messageOf } from './cluster.ts';

type Rolled = Kinds['Deployment' | 'StatefulSet' | 'DaemonSet'];

/** What is asked of a namespace before and after a change. */
export interface Questions {
  /** The users whose rights are compared; an account is "system:serviceaccount:NAMESPACE:NAME". */
  readonly users?: readonly string[];
}

/** Applies both states of a namespace, one after the other, and holds what is said against what is seen. */
export async function checkClaims(
  namespace: string,
  before: readonly KubernetesObject[],
  after: readonly KubernetesObject[],
  { users = [] }: Questions = {},
): Promise<Finding[]> {
  assert.deepEqual([...(await apply(before))], []);
  const revisions = new Map<string, number>();
  for (const workload of rolledOf(after)) revisions.set(keyOf(workload), await countRevisions(workload));
  const rights = await readRights(namespace, users);

  const refused = await apply(after, before);
  const said = findingsOf(before, after);
  const saidOf = (pattern: RegExp, object?: KubernetesObject) =>
    said.filter((finding) => pattern.test(finding.text) && (!object || keyOf(finding.object) === keyOf(object)));

  const refusals = saidOf(/^Apply fails/).map(({ object }) => keyOf(object));
  assert.deepEqual([...refused.keys()].toSorted(), [...new Set(refusals)].toSorted(), [...refused.values()].join());
  for (const workload of rolledOf(after).filter((one) => !refused.has(keyOf(one)))) {
    const name = keyOf(workload);
    const isNew = !before.some((object) => keyOf(object) === name);
    const replaced = saidOf(NEW_TEMPLATE, workload).length > 0;
    const released = saidOf(/^Pods that a change was kept from/, workload).length > 0;
    if (!isNew && !released) {
      const count = async () => (await countRevisions(workload)) - revisions.get(name)!;
      const expected = replaced && !isPaused(workload) ? 1 : 0;
      // Recreate makes the new pods only after the old ones have ended.
      assert.equal(await eventually(expected, count, 20_000), expected, `${name}: new templates of pods`);
    }
    const pod = await askForPod(workload);
    assert.equal(
      pod !== undefined,
      saidOf(/^No new pod of it is admitted/, workload).length === 0,
      `${name}: admitted`,
    );
    const was = rolledOf(before).find((one) => keyOf(one) === name);
    const oldClass = was && (await askForPod(was));
    const [newClass] = saidOf(/^Its pods are \w+, no longer/, workload);
    if (pod !== undefined && oldClass !== undefined) {
      const sentence = `Its pods are ${pod}, no longer ${oldClass}, when a node runs short of memory.`;
      assert.equal(newClass?.text, pod === oldClass ? undefined : sentence, `${name}: class`);
    }
  }
  if (users.length > 0) {
    const differs = (now: readonly string[]) => [
      now.some((right) => !rights.includes(right)),
      rights.some((right) => !now.includes(right)),
    ];
    const changes = [/^Widened| gains /, /^Narrowed| loses /].map((pattern) =>
      saidOf(pattern).some(({ object }) => object.metadata?.namespace === namespace),
    );
    const seen = await eventually(changes, async () => differs(await readRights(namespace, users)), 10_000);
    assert.deepEqual(seen, changes, 'rights gained, rights lost');
  }
  return said;
}

/** What is said where a workload gets another template, whichever pods that reaches. */
const NEW_TEMPLATE =
  /^All pods (are replaced|end before)|^Pods from number|^No pod restarts: (each is replaced|the partition)/;

function rolledOf(objects: readonly KubernetesObject[]): Rolled[] {
  return ofKind(objects, 'Deployment', 'StatefulSet', 'DaemonSet');
}

function isPaused(workload: Rolled): boolean {
  return 'paused' in workload.spec! && workload.spec.paused;
}

/** How many templates of pods a workload has had, once its controller has seen its present one. */
async function countRevisions({ kind, metadata }: Rolled): Promise<number> {
  const [name, namespace] = [metadata!.name!, metadata!.namespace!];
  const read = async () => {
    if (kind === 'Deployment') return apps().readNamespacedDeployment({ namespace, name });
    if (kind === 'StatefulSet') return apps().readNamespacedStatefulSet({ namespace, name });
    return apps().readNamespacedDaemonSet({ namespace, name });
  };
  const isSeen = async () => {
    try {
      const { metadata: own, status } = await read();
      return own!.generation === status?.observedGeneration;
    } catch {
      return true;
    }
  };
  await eventually(true, isSeen, 20_000);
  const { items } =
    kind === 'Deployment'
      ? await apps().listNamespacedReplicaSet({ namespace })
      : await apps().listNamespacedControllerRevision({ namespace });
  return items.filter(({ metadata: own }) => own?.ownerReferences?.[0]?.name === name).length;
}

/** The class of a pod by its template; undefined where Pod Security refuses it. */
async function askForPod(workload: Rolled): Promise<string | undefined> {
  const namespace = workload.metadata!.namespace!;
  const { metadata, spec } = workload.spec!.template;
  const body = { metadata: { generateName: 'asked-', labels: metadata!.labels! }, spec: spec! };
  try {
    return (await core().createNamespacedPod({ namespace, dryRun: 'All', body })).status?.qosClass;
  } catch (error) {
    if (messageOf(error).includes('violates PodSecurity')) return undefined;
    return 'not to be made';
  }
}

const RESOURCES = [
  { resource: 'services' },
  { resource: 'secrets' },
  { resource: 'pods', subresource: 'exec' },
  { resource: 'endpointslices', group: 'discovery.k8s.io' },
];
const RIGHTS = ['get', 'list', 'watch', 'delete', 'create'].flatMap((verb) =>
  RESOURCES.map((resource) => ({ verb, ...resource })),
);

async function readRights(namespace: string, users: readonly string[]): Promise<string[]> {
  const authorization = config.makeApiClient(AuthorizationV1Api);
  const answers = users.flatMap((user) =>
    RIGHTS.map(async (right) => {
      const resourceAttributes = { namespace, ...right };
      const spec = { user, groups: user === 'anyone' ? ['system:authenticated'] : [], resourceAttributes };
      const { status } = await authorization.createSubjectAccessReview({ body: { spec } });
      return status!.allowed ? [`${user} ${JSON.stringify(right)}`] : [];
    }),
  );
  return (await Promise.all(answers)).flat();
}
