/**
 * The review's claims, held against a real cluster. Every case of every rule is applied, in a namespace of its own, on a
 * node that takes no pods: what the API server refuses, which Deployments get a new ReplicaSet, which pods Pod Security
 * refuses and whom RBAC lets do what must be what was said, in the harmless cases too. What only running pods can show
 * (evictions, connections, endpoints, variables) is asked of pods that run.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import {
  ApiException,
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  KubernetesObjectApi,
  NetworkingV1Api,
  PatchStrategy,
  PolicyV1Api,
  type KubernetesObject,
  type V1Deployment,
  type V1Pod,
  type V1Status,
} from '@kubernetes/client-node';

import { buildImage } from '../../infra/cluster/image.ts';
import { ENVIRONMENTS } from '../../infra/environments.ts';
import { compare } from '../../infra/review/comparison.ts';
import { ofKind } from '../../infra/review/manifests.ts';
import type { Finding } from '../../infra/review/rule.ts';
import { RULES } from '../../infra/review/rules.ts';
import { podCountOf } from '../../infra/review/workload.ts';
import { synthesize } from '../../infra/synthesis.ts';
import { statesOf, type Case } from '../infra/review/cases.ts';
import { containerOf, makeInstall, objectsOf, type Install } from '../infra/review/install.ts';
import { TABLES } from '../infra/review/tables.ts';

const CLUSTER = 'time-service-review';
const NODE = `${CLUSTER}-control-plane`;
const IMAGE = 'time-service:0.1.0';
const FIELD_MANAGER = 'review-test';
const NODE_PROGRAM = '/nodejs/bin/node';

const folder = mkdtempSync(join(tmpdir(), 'review-'));
const kubeconfig = join(folder, 'kubeconfig');
const config = new KubeConfig();
let api: KubernetesObjectApi;
let made = false;

const kind = (...args: string[]) =>
  execFileSync('kind', [...args, '--name', CLUSTER], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

const hasImage = () => execFileSync('docker', ['images', '--quiet', IMAGE], { encoding: 'utf8' }) !== '';

before('a cluster of one node', async function () {
  this.timeout(600_000);
  if (!execFileSync('kind', ['get', 'clusters'], { encoding: 'utf8' }).split('\n').includes(CLUSTER)) {
    made = true;
    const image = process.env['KIND_IMAGE'] ?? 'kindest/node:v1.34.4';
    kind('create', 'cluster', '--image', image, '--kubeconfig', kubeconfig, '--wait', '120s');
    if (!hasImage()) execFileSync('docker', ['tag', await buildImage(), IMAGE]);
    kind('load', 'docker-image', IMAGE);
  }
  writeFileSync(kubeconfig, kind('get', 'kubeconfig'));
  config.loadFromFile(kubeconfig);
  api = KubernetesObjectApi.makeApiClient(config);
});

after('the cluster that was made here', function () {
  this.timeout(60_000);
  if (made) kind('delete', 'cluster');
  rmSync(folder, { recursive: true });
});

/** The same objects in another namespace. */
function moveTo(namespace: string, objects: readonly KubernetesObject[]): KubernetesObject[] {
  return objects.map((object) => {
    const moved = structuredClone(object) as KubernetesObject & { subjects?: { namespace?: string }[] };
    if (moved.kind === 'Namespace') moved.metadata!.name = namespace;
    else moved.metadata!.namespace = namespace;
    for (const subject of moved.subjects ?? []) if (subject.namespace !== undefined) subject.namespace = namespace;
    return moved;
  });
}

/** What `kubectl apply --server-side` does; with `dryRun`, what it would do. */
async function applyOne(object: KubernetesObject, dryRun?: 'All'): Promise<KubernetesObject> {
  const sent = renameKey(object, 'from', '_from');
  const stored = await api.patch(sent, undefined, dryRun, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
  return renameKey(stored, '_from', 'from');
}

/** The client's types call a policy's `from` by another name, and leave out what they do not know. */
function renameKey(object: KubernetesObject, from: string, to: string): KubernetesObject {
  if (object.kind !== 'NetworkPolicy') return object;
  return JSON.parse(JSON.stringify(object).replaceAll(`"${from}":`, `"${to}":`)) as KubernetesObject;
}

const keyOf = ({ kind: of, metadata }: KubernetesObject) => `${of} ${metadata!.name}`;

/** Applies objects, and deletes those that are gone, as a deploy does; the refused ones and why. */
async function apply(
  wanted: readonly KubernetesObject[],
  before: readonly KubernetesObject[] = [],
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  await Promise.all(
    wanted.map(async (object) =>
      applyOne(object).catch((error: unknown) => refused.set(keyOf(object), messageOf(error))),
    ),
  );
  const kept = new Set(wanted.map(keyOf));
  const gone = before.filter((object) => object.kind !== 'Namespace' && !kept.has(keyOf(object)));
  await Promise.all(gone.map(async (object) => api.delete(object)));
  return refused;
}

function messageOf(error: unknown): string {
  if (!(error instanceof ApiException)) return String(error);
  return (JSON.parse(String(error.body)) as V1Status).message ?? String(error);
}

/** Asks until the answer is the expected one; the last answer. */
async function eventually<Answer>(expected: Answer, ask: () => Promise<Answer>, timeoutMs = 90_000): Promise<Answer> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (JSON.stringify(answer) === JSON.stringify(expected) || Date.now() > deadline) return answer;
    await delay(200);
  }
}

function findingsOf(before: readonly KubernetesObject[], after: readonly KubernetesObject[]): Finding[] {
  const comparison = compare(before, after);
  return RULES.flatMap((rule) => rule.judge(comparison));
}

async function createNamespace(name: string): Promise<void> {
  await applyOne({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}

async function deleteNamespace(name: string): Promise<void> {
  await config.makeApiClient(CoreV1Api).deleteNamespace({ name });
}

/** How many templates of pods a Deployment has had, once its controller has seen its present one. */
async function countReplicaSets(namespace: string): Promise<number> {
  const apps = config.makeApiClient(AppsV1Api);
  const read = async () => apps.readNamespacedDeployment({ namespace, name: 'clock' });
  await eventually(true, async () => {
    const { metadata, status } = await read();
    return metadata!.generation === status?.observedGeneration;
  });
  const { items } = await apps.listNamespacedReplicaSet({ namespace });
  return items.filter(({ metadata }) => metadata?.ownerReferences?.[0]?.name === 'clock').length;
}

/** Whether Pod Security takes a pod of a Deployment. */
async function admits(namespace: string, deployment: V1Deployment): Promise<boolean> {
  const { metadata, spec } = deployment.spec!.template;
  const pod = { metadata: { generateName: 'clock-', labels: metadata!.labels! }, spec: spec! };
  try {
    await config.makeApiClient(CoreV1Api).createNamespacedPod({ namespace, dryRun: 'All', body: pod });
    return true;
  } catch (error) {
    return !messageOf(error).includes('violates PodSecurity');
  }
}

const QUESTIONS = ['get', 'list', 'watch', 'delete', 'create'].flatMap((verb) =>
  ['services', 'secrets', 'pods/exec'].map((resource) => ({ verb, resource })),
);

/** What the accounts of the cases may do. */
async function readRights(namespace: string): Promise<string[]> {
  const authorization = config.makeApiClient(AuthorizationV1Api);
  const users = [`system:serviceaccount:${namespace}:clock`, `system:serviceaccount:${namespace}:other`, 'anyone'];
  const answers = users.flatMap((user) =>
    QUESTIONS.map(async ({ verb, resource }) => {
      const [name, subresource] = resource.split('/');
      const resourceAttributes = {
        namespace,
        verb,
        resource: name!,
        ...(subresource !== undefined && { subresource }),
      };
      const spec = { user, groups: user === 'anyone' ? ['system:authenticated'] : [], resourceAttributes };
      const { status } = await authorization.createSubjectAccessReview({ body: { spec } });
      return status!.allowed ? [`${user} ${verb} ${resource}`] : [];
    }),
  );
  return (await Promise.all(answers)).flat();
}

describe('the normal form', function () {
  this.timeout(60_000);

  it('is what the API server stores, but for what it alone decides', async () => {
    const namespace = 'review-normal';
    const production = [...synthesize(ENVIRONMENTS)].filter(([name]) => name === 'production.yaml');
    const manifests = moveTo(namespace, [...objectsOf(makeInstall()), ...production.flatMap(([, objects]) => objects)]);
    await createNamespace(namespace);
    const stored: KubernetesObject[] = [];
    for (const manifest of manifests) stored.push(await applyOne(manifest, 'All'));
    for (const { metadata } of stored) {
      for (const field of ['creationTimestamp', 'managedFields', 'resourceVersion', 'uid', 'generation'] as const) {
        delete metadata![field];
      }
    }
    const fields = compare(manifests, stored).changes.flatMap(({ after: object, fields: differing }) =>
      differing.map(({ path }) => `${object?.kind} ${path.join('.')}`),
    );
    assert.deepEqual([...new Set(fields)].toSorted(), [
      'Deployment spec.replicas',
      'Namespace metadata.labels.kubernetes.io/metadata.name',
      'Namespace spec',
      'Service spec.clusterIP',
      'Service spec.clusterIPs',
      'Service spec.ipFamilies',
      'Service spec.ipFamilyPolicy',
    ]);
    await deleteNamespace(namespace);
  });
});

describe('what is said of a change, on a node that takes no pods', function () {
  this.timeout(120_000);

  const taint = (sign: '' | '-') =>
    execFileSync('kubectl', ['--kubeconfig', kubeconfig, 'taint', 'node', NODE, `review=quiet:NoSchedule${sign}`]);
  before(() => taint(''));
  after(() => taint('-'));

  for (const { rule, cases } of TABLES) {
    for (const [index, one] of cases.entries()) {
      it(`${rule.name}: ${one.it}`, async () => {
        await checkCase(`review-${rule.name}-${index}`, one, rule.name === 'permissions');
      });
    }
  }
});

async function checkCase(namespace: string, one: Case, asksRights: boolean): Promise<void> {
  const states = statesOf(one);
  const [old, young] = [states.before, states.after].map((install) => moveTo(namespace, objectsOf(install)));
  await createNamespace(namespace);
  try {
    assert.deepEqual([...(await apply(old!))], []);
    const [deployment] = ofKind(young!, 'Deployment');
    // A Deployment that is paused from the start has none.
    const expected = deployment?.spec!.paused ? 0 : 1;
    const had = deployment && (await eventually(expected, async () => countReplicaSets(namespace)));
    const rights = asksRights ? await readRights(namespace) : [];

    const refused = await apply(young!, old);
    const said = findingsOf(old!, young!);
    const saidOf = (pattern: RegExp) => said.filter(({ text }) => pattern.test(text));

    const refusals = saidOf(/^Apply fails/).map(({ object }) => keyOf(object));
    assert.deepEqual([...refused.keys()].toSorted(), [...new Set(refusals)].toSorted(), [...refused.values()].join());
    if (deployment && !refused.has('Deployment clock')) {
      const replaced = saidOf(/^All pods (are replaced|end before)/).length > 0;
      const paused = deployment.spec!.paused === true;
      assert.equal(await countReplicaSets(namespace), had! + (replaced && !paused ? 1 : 0), 'new pods');
      assert.equal(
        await admits(namespace, deployment),
        saidOf(/^No new pod of it is admitted/).length === 0,
        'admitted',
      );
    }
    if (asksRights) {
      const differs = (now: readonly string[]) => [
        now.some((right) => !rights.includes(right)),
        rights.some((right) => !now.includes(right)),
      ];
      const changes = [saidOf(/^Widened| gains /).length > 0, saidOf(/^Narrowed| loses /).length > 0];
      const seen = await eventually(changes, async () => differs(await readRights(namespace)), 10_000);
      assert.deepEqual(seen, changes, 'rights gained, rights lost');
    }
  } finally {
    await deleteNamespace(namespace);
  }
}

describe('what is said of a change, with pods that run', function () {
  this.timeout(180_000);

  const namespace = 'review-running';
  const install = makeInstall();
  const client: V1Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace },
    spec: {
      securityContext: install.deployment.spec!.template.spec!.securityContext!,
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'client',
          image: IMAGE,
          command: [NODE_PROGRAM, '-e', 'setInterval(() => {}, 1e6)'],
          securityContext: containerOf(install).securityContext!,
        },
      ],
    },
  };

  /** Applies some objects of an install to the namespace of this suite. */
  const put = async (...wanted: readonly KubernetesObject[]) =>
    assert.deepEqual([...(await apply(moveTo(namespace, wanted)))], []);
  const apps = () => config.makeApiClient(AppsV1Api);
  const core = () => config.makeApiClient(CoreV1Api);

  async function listPods(): Promise<V1Pod[]> {
    const { items } = await core().listNamespacedPod({ namespace, labelSelector: 'app=clock' });
    return items.filter(({ metadata, status }) => {
      const ready = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
      return ready && metadata!.deletionTimestamp === undefined;
    });
  }

  async function waitForPods(number: number): Promise<V1Pod[]> {
    const settled = await eventually(true, async () => {
      const { metadata, spec, status } = await apps().readNamespacedDeployment({ namespace, name: 'clock' });
      return (
        metadata!.generation === status?.observedGeneration &&
        spec!.replicas === number &&
        status?.updatedReplicas === number &&
        status.availableReplicas === number &&
        status.replicas === number &&
        (await listPods()).length === number
      );
    });
    assert.ok(settled, `${number} pods`);
    return listPods();
  }

  async function scaleTo(replicas: number): Promise<void> {
    const body = { metadata: { name: 'clock', namespace }, spec: { replicas } };
    await apps().replaceNamespacedDeploymentScale({ namespace, name: 'clock', body });
  }

  const run = (pod: string, program: string) =>
    execFileSync(
      'kubectl',
      ['--kubeconfig', kubeconfig, '--namespace', namespace, 'exec', pod, '--', NODE_PROGRAM, '-e', program],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    ).trim();

  /** Which of some addresses answer the client. */
  function reach(urls: readonly string[]): boolean[] {
    const ask = 'fetch(url, { signal: AbortSignal.timeout(2000) }).then(() => true, () => false)';
    // A connection that is refused by silence would keep the process for ten seconds.
    const print = '(all) => process.stdout.write(JSON.stringify(all), () => process.exit())';
    const program = `Promise.all(${JSON.stringify(urls)}.map((url) => ${ask})).then(${print})`;
    return JSON.parse(run('client', program)) as boolean[];
  }

  before('two pods and a client', async () => {
    await createNamespace(namespace);
    await put(install.namespace, install.account, install.settings, install.service, install.deployment);
    await applyOne(client);
    await scaleTo(2);
    await waitForPods(2);
    await eventually(
      'Running',
      async () => (await core().readNamespacedPod({ namespace, name: 'client' })).status?.phase,
    );
  });

  after(async () => deleteNamespace(namespace));

  for (const one of TABLES.find(({ rule }) => rule.name === 'network-access')!.cases) {
    it(`network-access: ${one.it}`, async () => {
      const networking = config.makeApiClient(NetworkingV1Api);
      const policies = async (from: Install) => {
        await networking.deleteCollectionNamespacedNetworkPolicy({ namespace });
        await put(...ofKind(objectsOf(from), 'NetworkPolicy'));
        // The node's own time to see a policy is a tenth of a second.
        await delay(1500);
      };
      const [pod] = await listPods();
      const urls = [8080, 8081].map((port) => `http://${pod!.status!.podIP}:${port}/`);
      const states = statesOf(one);
      await policies(states.before);
      const was = reach(urls);
      await policies(states.after);
      const is = reach(urls);

      const said = one.says.join();
      const gained = is.some((answers, index) => answers && !was[index]);
      const lost = is.some((answers, index) => !answers && was[index]);
      assert.deepEqual(
        { gained, lost },
        {
          gained: said.includes('may be reached by everyone'),
          lost: said.includes('can no longer be reached by everyone'),
        },
      );
      await networking.deleteCollectionNamespacedNetworkPolicy({ namespace });
    });
  }

  for (const one of TABLES.find(({ rule }) => rule.name === 'drain')!.cases) {
    it(`drain: ${one.it}`, async () => {
      const policy = config.makeApiClient(PolicyV1Api);
      const evict = async (from: Install) => {
        const pods = podCountOf(from.deployment, objectsOf(from))!.least;
        await scaleTo(pods);
        const [pod] = await waitForPods(pods);
        await policy.deleteCollectionNamespacedPodDisruptionBudget({ namespace });
        await put(...ofKind(objectsOf(from), 'PodDisruptionBudget'));
        await eventually(true, async () => {
          const { items } = await policy.listNamespacedPodDisruptionBudget({ namespace });
          return items.every(({ metadata, status }) => {
            return metadata!.generation === status?.observedGeneration && status?.currentHealthy === pods;
          });
        });
        const body = { metadata: { name: pod!.metadata!.name!, namespace }, deleteOptions: { dryRun: ['All'] } };
        try {
          await core().createNamespacedPodEviction({ namespace, name: pod!.metadata!.name!, body });
          return 'evicted';
        } catch (error) {
          assert.ok(error instanceof ApiException && [429, 500].includes(error.code), String(error));
          return 'blocked';
        }
      };
      const states = statesOf(one);
      const blocks = one.says.some((text) => text.startsWith('danger: Blocks every drain'));
      assert.equal(await evict(states.before), 'evicted');
      assert.equal(await evict(states.after), blocks ? 'blocked' : 'evicted');
      await policy.deleteCollectionNamespacedPodDisruptionBudget({ namespace });
    });
  }

  it('autoscaling: an apply takes back what an autoscaler has made of a number in the manifest', async () => {
    const { deployment } = makeInstall();
    deployment.spec!.replicas = 3;
    await put(deployment);
    await scaleTo(2);
    await put(deployment);
    assert.equal((await apps().readNamespacedDeployment({ namespace, name: 'clock' })).spec!.replicas, 3);
  });

  it('autoscaling: a number that leaves the manifest falls to 1', async () => {
    await put(install.deployment);
    assert.equal((await apps().readNamespacedDeployment({ namespace, name: 'clock' })).spec!.replicas, 1);
  });

  it('autoscaling: a number that was never in the manifest stays', async () => {
    await scaleTo(2);
    await put(install.deployment);
    assert.equal((await apps().readNamespacedDeployment({ namespace, name: 'clock' })).spec!.replicas, 2);
    await waitForPods(2);
  });

  const endpoints = async () => {
    const { items } = await config
      .makeApiClient(DiscoveryV1Api)
      .listNamespacedEndpointSlice({ namespace, labelSelector: 'kubernetes.io/service-name=clock' });
    return items.flatMap((slice) => (slice.ports?.length ? (slice.endpoints ?? []) : [])).length;
  };

  for (const [what, change, number] of [
    [
      'a selector that no pod has leaves none',
      ({ service }) => Object.assign(service.spec!.selector!, { app: 'watch' }),
      0,
    ],
    [
      'a port that no container has leaves none',
      ({ service }) => Object.assign(service.spec!.ports![0]!, { targetPort: 'web' }),
      0,
    ],
    [
      'the port by its number leaves all',
      ({ service }) => Object.assign(service.spec!.ports![0]!, { targetPort: 8080 }),
      2,
    ],
  ] as const satisfies readonly (readonly [string, (changed: Install) => unknown, number])[]) {
    it(`selection: of a Service's endpoints, ${what}`, async () => {
      await put(install.service);
      assert.equal(await eventually(2, endpoints), 2);
      const changed = makeInstall();
      change(changed);
      await put(changed.service);
      assert.equal(await eventually(number, endpoints), number);
      await put(install.service);
    });
  }

  it('exposure: a port that is gone refuses, and a further one does not', async () => {
    const service = await core().readNamespacedService({ namespace, name: 'clock' });
    const urls = [80, 81].map((port) => `http://${service.spec!.clusterIP}:${port}/`);
    assert.deepEqual(await eventually([true, false], async () => reach(urls)), [true, false]);
    const changed = makeInstall().service;
    changed.spec!.ports!.push({ name: 'more', port: 81, targetPort: 'http' });
    await put(changed);
    assert.deepEqual(await eventually([true, true], async () => reach(urls)), [true, true]);
    changed.spec!.ports!.shift();
    await put(changed);
    assert.deepEqual(await eventually([false, true], async () => reach(urls)), [false, true]);
  });

  it('configuration: pods keep their variables as they were until they restart', async () => {
    const zone = 'console.log(process.env.DEFAULT_ZONE)';
    const [pod] = await waitForPods(2);
    const changed = makeInstall().settings;
    changed.data!['zone'] = 'Asia/Tokyo';
    await put(changed);
    await delay(2000);
    assert.equal(run(pod!.metadata!.name!, zone), 'Europe/Paris');
    await core().deleteNamespacedPod({ namespace, name: pod!.metadata!.name! });
    await waitForPods(2);
    const zones = (await listPods()).map(({ metadata }) => run(metadata!.name!, zone));
    assert.deepEqual(zones.toSorted(), ['Asia/Tokyo', 'Europe/Paris']);
    await put(install.settings);
  });

  it('rollout: no pod is missing while a variable replaces all of them', async () => {
    const before = new Set((await waitForPods(2)).map(({ metadata }) => metadata!.uid!));
    const changed = makeInstall();
    containerOf(changed).env!.push({ name: 'LOG_LEVEL', value: 'warn' });
    await put(changed.deployment);
    let fewest = 2;
    const replaced = await eventually(true, async () => {
      const pods = await listPods();
      fewest = Math.min(fewest, pods.length);
      return pods.length === 2 && pods.every(({ metadata }) => !before.has(metadata!.uid!));
    });
    assert.deepEqual([replaced, fewest], [true, 2]);
  });

  it('pod-replacement: all pods stay for another pace of rollouts', async () => {
    const before = (await waitForPods(2)).map(({ metadata }) => metadata!.uid!);
    const changed = makeInstall();
    containerOf(changed).env!.push({ name: 'LOG_LEVEL', value: 'warn' });
    changed.deployment.spec!.strategy!.rollingUpdate!.maxSurge = 2;
    await put(changed.deployment);
    await delay(2000);
    assert.deepEqual((await waitForPods(2)).map(({ metadata }) => metadata!.uid!).toSorted(), before.toSorted());
  });

  it('probes: a pod whose readiness probe names no port of it is never ready', async () => {
    const changed = makeInstall();
    containerOf(changed).readinessProbe!.httpGet!.port = 'health';
    await put(changed.deployment);
    const said = await eventually(true, async () => {
      const { items } = await core().listNamespacedEvent({ namespace });
      return items.some(({ message }) => /Readiness probe .*health/.test(message ?? ''));
    });
    assert.ok(said);
    await delay(5000);
    assert.equal((await apps().readNamespacedDeployment({ namespace, name: 'clock' })).status!.updatedReplicas, 1);
    assert.ok((await listPods()).every(({ spec }) => spec!.containers[0]!.readinessProbe!.httpGet!.port === 'admin'));
  });
});
