/** What can happen to a cluster under a service that is asked all the while. docs/faults.md says what may be lost by it. */
import { setTimeout as delay } from 'node:timers/promises';

import type { V2HorizontalPodAutoscaler } from '@kubernetes/client-node';

import { cutOff, restartKubelet, scaleSystem, startApiServer, stopApiServer, waitForNodes } from './cluster-parts.ts';
import {
  drainNode,
  findNodeOfOnePod,
  kubectl,
  makeOrThrow,
  NAME,
  readServingPods,
  readWorkers,
  redeploy,
  REPLICAS,
  runInPod,
  say,
  SERVICE_URL,
  succeeds,
  target,
  waitFor,
  waitForPods,
  watchServing,
} from './cluster.ts';
import { measureHealing, secondsSince, underLoad, undoAfter, waitForServing } from './losses.ts';
import { checkoutWithVariables } from './other-checkout.ts';
import { COSTLY_PATH, startCostlyLoad, startOutsideLoad } from './service-load.ts';
import { capture } from '../../infra/cluster/command.ts';
import { readInstall } from '../../infra/cluster/install.ts';
import { defineFaults, type Measured } from '../faults/matrix.ts';
import { formatReport } from '../load/report.ts';

/** Of costly requests more than the cores bear that the cluster leaves. */
const OVERLOAD_RATE = 1500;
/** From when there are more pods. */
const OVERLOAD_MS = 30_000;
/** A kubelet that has begun anew calls its pods unready some time after. */
const KUBELET_START_MS = 15_000;

async function loseApiServer(): Promise<Measured> {
  return undoAfter(
    stopApiServer().then(() => delay(120_000)),
    startApiServer,
  );
}

async function loseDns(): Promise<Measured> {
  const [pod] = await readServingPods();
  const lookUp = `require('node:dns').lookup('${NAME}', (error) => process.exit(error ? 1 : 0))`;
  return undoAfter(
    scaleSystem('coredns', 0).then(() => delay(60_000)),
    async () => {
      await scaleSystem('coredns', 2);
      await waitFor('a name to be found', 60, () => succeeds(runInPod(pod!.metadata!.name!, lookUp)));
    },
  );
}

async function loseMetrics(): Promise<Measured> {
  const watching = watchServing(scaleSystem('metrics-server', 0).then(() => delay(90_000)));
  const measured = await undoAfter(watching, async () => {
    await scaleSystem('metrics-server', 1);
    await waitFor('the autoscaler to know the load', 120, isScaling);
  });
  return { ...measured, serving: (await watching).least };
}

async function isScaling(): Promise<boolean> {
  const { status } = await target.get<V2HorizontalPodAutoscaler>('hpa', NAME);
  return (
    status?.conditions?.some((condition) => condition.type === 'ScalingActive' && condition.status === 'True') ?? false
  );
}

async function restartKubelets(): Promise<Measured> {
  const nodes = await readWorkers();
  const { least } = await watchServing(
    (async () => {
      for (const node of nodes) {
        await restartKubelet(node);
        await delay(KUBELET_START_MS);
      }
    })(),
  );
  return { serving: least, healed: await measureHealing(waitForNodes) };
}

async function restartKubeletsAtOnce(): Promise<Measured> {
  const nodes = await readWorkers();
  const restarted = Promise.all(nodes.map(restartKubelet)).then(() => delay(KUBELET_START_MS));
  const { least } = await watchServing(restarted);
  return { serving: least, healed: await measureHealing(waitForNodes) };
}

/** Begins another deploy or a rollback when a first deploy has new pods, and sees both to their ends. */
async function meetRollouts(first: string, second: () => Promise<unknown>): Promise<Measured> {
  const { generation } = (await readInstall(target)).deployment.metadata!;
  const deploying = makeOrThrow('deploy', { folder: first });
  const meeting = waitFor('new pods', 120, async () => {
    const { metadata, status } = (await readInstall(target)).deployment;
    return metadata!.generation! > generation! && (status?.updatedReplicas ?? REPLICAS.min) < REPLICAS.min;
  }).then(() => measureHealing(() => Promise.all([deploying, second()])));
  const { least } = await watchServing(Promise.all([deploying, meeting]));
  return { serving: least, healed: await meeting };
}

async function deployTwice(): Promise<Measured> {
  const first = await checkoutWithVariables('first', { DEFAULT_ZONE: 'Asia/Kolkata' });
  const second = await checkoutWithVariables('second', { DEFAULT_ZONE: 'Asia/Tokyo' });
  const measured = await underLoad(() => meetRollouts(first, () => makeOrThrow('deploy', { folder: second })));
  return { ...measured, odd: await countOddPods('Asia/Tokyo') };
}

async function rollBackInBetween(): Promise<Measured> {
  const folder = await checkoutWithVariables('first', { DEFAULT_ZONE: 'Asia/Kolkata' });
  const measured = await underLoad(() => meetRollouts(folder, () => makeOrThrow('rollback')));
  return { ...measured, odd: await countOddPods(undefined) };
}

/** How many pods have another default zone than they should. */
async function countOddPods(zone: string | undefined): Promise<number> {
  const zones = (await waitForPods()).map(
    ({ spec }) => spec!.containers[0]!.env!.find(({ name }) => name === 'DEFAULT_ZONE')?.value,
  );
  return zones.filter((one) => one !== zone).length;
}

/** Drains a node while pods are added, and another while they are taken away. */
async function drainWhileScaling(): Promise<Measured> {
  const [one, other] = (await readWorkers()) as [string, string, string];
  const counts = [];
  await using busy = startCostlyLoad();
  counts.push(await watchServing(waitForServing(REPLICAS.min + 1)));
  counts.push(await watchServing(drainForAWhile(one)));
  counts.push(await watchServing(waitForServing(REPLICAS.min + 1)));
  say(formatReport(await busy.stop()));
  const fewer = (await readServingPods()).length;
  counts.push(
    await watchServing(
      waitFor('the autoscaler to take pods away', 180, async () => (await readServingPods()).length < fewer),
    ),
  );
  counts.push(await watchServing(drainForAWhile(other)));
  return {
    serving: Math.min(...counts.map(({ least }) => least)),
    'most serving': Math.max(...counts.map(({ most }) => most)),
    healed: await measureHealing(waitForPods),
  };
}

async function drainForAWhile(node: string): Promise<void> {
  try {
    await drainNode(node);
  } finally {
    await kubectl('uncordon', node);
  }
}

async function overload(): Promise<Measured> {
  await using costly = startOutsideLoad(OVERLOAD_RATE, COSTLY_PATH);
  const { most } = await watchServing(waitForServing(REPLICAS.min + 1).then(() => delay(OVERLOAD_MS)));
  say(formatReport(await costly.stop()));
  const startMs = performance.now();
  await waitFor('an answer', 60, () => succeeds(askAnew()));
  return { 'most serving': most, recovery: secondsSince(startMs) };
}

/** Asks on a new connection. */
async function askAnew(): Promise<void> {
  const { ok, status } = await fetch(`${SERVICE_URL}/time`, { headers: { Connection: 'close' } });
  if (!ok) throw new Error(`Expected an answer, got ${status}`);
}

async function cutOffWorker(): Promise<Measured> {
  const node = await findNodeOfOnePod();
  return underLoad(() =>
    undoAfter(
      cutOff('--insert', node).then(() => delay(90_000)),
      async () => {
        await cutOff('--delete', node);
        await waitForNodes();
      },
    ),
  );
}

async function stopWorker(): Promise<Measured> {
  const node = await findNodeOfOnePod();
  return underLoad(async () => {
    await capture('docker', ['kill', node]);
    const healed = await measureHealing(() =>
      waitFor('a pod to be missed', 90, async () => (await readServingPods()).length < REPLICAS.min),
    );
    return { healed };
  });
}

/** A fault that leaves the service with more pods, or elsewhere, or with something else than the next one expects. */
async function thenRedeploy(makeFault: () => Promise<Measured>): Promise<Measured> {
  try {
    return await makeFault();
  } finally {
    await redeploy();
  }
}

defineFaults('Cluster', {
  'API server stopped for 2 minutes': () => underLoad(loseApiServer),
  'CoreDNS stopped for 1 minute': () => underLoad(loseDns),
  'metrics-server gone for 90 s': () => underLoad(loseMetrics),
  'kubelets restarted one by one': () => underLoad(restartKubelets),
  'kubelets restarted at once': () => underLoad(restartKubeletsAtOnce),
  'two rollouts at once': () => thenRedeploy(deployTwice),
  'rollback during a rollout': () => thenRedeploy(rollBackInBetween),
  'autoscaling during a drain': () => thenRedeploy(() => underLoad(drainWhileScaling)),
  overload: () => thenRedeploy(() => underLoad(overload)),
  'worker cut off for 90 s': cutOffWorker,
  'worker stopped for good': stopWorker,
});
