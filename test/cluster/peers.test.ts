/** The nodes of a real cluster watch each other's clocks, of which one is made wrong. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Pod } from '@kubernetes/client-node';

import {
  CONTROL_PLANE,
  kubectl,
  readPods,
  redeploy,
  restartsOf,
  runInPod,
  say,
  SERVICE_URL,
  succeeds,
  waitFor,
} from './cluster.ts';
import { deployFaketime, setOffset } from './faketime.ts';
import { capture } from '../../infra/cluster/command.ts';
import { isReady } from '../../infra/cluster/install.ts';

/** A wrong clock must be reported by then. */
const REPORTED_WITHIN_S = 30;

const AWAY_S = 60;

interface Peer {
  readonly node: string;
  readonly verdict: string;
  readonly offsetUs: number | null;
  readonly uncertaintyUs: number | null;
}

interface PeersAnswer {
  readonly outvoted: boolean;
  readonly peers: readonly Peer[];
}

describe('the nodes watch each other’s clocks', () => {
  before(async function () {
    await deployFaketime(this);
  });

  after(redeploy);

  it('and each knows the two others', async () => {
    const pods = await findPods();
    await waitFor('all to agree', 60, async () => {
      const answers = await Promise.all(pods.map(readPeers));
      return answers.every(({ peers }) => peers.length === 2 && peers.every(({ verdict }) => verdict === 'agrees'));
    });
    for (const pod of pods) {
      const others = pods.filter((other) => other !== pod).map(nodeOf);
      assert.deepEqual((await readPeers(pod)).peers.map(({ node }) => node).toSorted(), others.toSorted());
    }
  });

  for (const [offset, verdict] of [
    ['+0.25', 'ahead'],
    ['-0.25', 'behind'],
  ] as const) {
    it(`and both others report one that goes wrong by ${offset} s, whose readiness alone falls`, async () => {
      const [liar, ...others] = (await findPods()) as [V1Pod, V1Pod, V1Pod];
      const startMs = performance.now();
      const reportOf = async (pod: V1Pod) => (await readPeers(pod)).peers.find(({ node }) => node === nodeOf(liar))!;
      await setOffset(liar, offset);
      await waitFor(`both to find it ${verdict}`, REPORTED_WITHIN_S, async () => {
        const reports = await Promise.all(others.map(reportOf));
        return reports.every((report) => report.verdict === verdict);
      });
      say(`reported after ${Math.round((performance.now() - startMs) / 1000)} s`);

      await waitFor('only the liar to be unready', 60, async () => {
        for (const report of await Promise.all(others.map(reportOf))) {
          const missUs = Math.abs(report.offsetUs! - Number(offset) * 1e6);
          assert.ok(missUs <= report.uncertaintyUs!, `${report.offsetUs} ± ${report.uncertaintyUs} µs`);
        }
        return !(await readyNodes()).includes(nodeOf(liar));
      });
      say(`unready after ${Math.round((performance.now() - startMs) / 1000)} s`);
      for (let second = 0; second < 15; second++) {
        assert.deepEqual(await readyNodes(), others.map(nodeOf).toSorted());
        await delay(1000);
      }
      for (const pod of others) {
        const { peers, outvoted } = await readPeers(pod);
        const honest = peers.find(({ node }) => node !== nodeOf(liar));
        assert.deepEqual([honest?.verdict, outvoted], ['agrees', false]);
        say(JSON.stringify(await reportOf(pod)));
      }

      await setOffset(liar, '+0');
      await waitFor('the liar to be ready again', 90, async () => (await readyNodes()).length === 3);
      for (const pod of await findPods()) assert.equal(restartsOf(pod), 0);
    });
  }

  it(`and go on while the API server stands still for ${AWAY_S} s`, async () => {
    const restarts = new Map((await findPods()).map((pod) => [pod.metadata!.uid, restartsOf(pod)]));
    const signal = (name: string) =>
      capture('docker', ['exec', CONTROL_PLANE, 'pkill', `-${name}`, '--full', '^kube-apiserver|/kube-apiserver']);
    await signal('STOP');
    let answers = 0;
    try {
      const endMs = performance.now() + AWAY_S * 1000;
      while (performance.now() < endMs) {
        // Through the node port, which needs no API server.
        const { peers } = (await (await fetch(`${SERVICE_URL}/v1/peers`)).json()) as PeersAnswer;
        assert.deepEqual(
          peers.map((peer) => peer.verdict),
          ['agrees', 'agrees'],
        );
        answers += 1;
        await delay(500);
      }
    } finally {
      await signal('CONT');
    }
    say(`${answers} answers while the API server stood still`);
    await waitFor('the API server to answer', 60, () => succeeds(readPods()));
    for (const pod of await findPods()) assert.equal(restartsOf(pod), restarts.get(pod.metadata!.uid));
  });

  it('and forget a node that is removed: its series go', async () => {
    const [gone, ...others] = (await findPods()) as [V1Pod, V1Pod, V1Pod];
    await capture('docker', ['stop', '--time', '1', nodeOf(gone)]);
    try {
      await kubectl('delete', 'node', nodeOf(gone));
      await waitFor('no series of it', 90, async () => {
        const metrics = await Promise.all(others.map((pod) => readSeries(pod)));
        return metrics.every((series) => !series.some((line) => line.includes(`"${nodeOf(gone)}"`)));
      });
      for (const pod of others) {
        const nodes = new Set((await readSeries(pod)).map((line) => /node="([^"]+)"/.exec(line)?.[1]));
        assert.deepEqual([...nodes], others.filter((other) => other !== pod).map(nodeOf));
      }
    } finally {
      await capture('docker', ['start', nodeOf(gone)]);
      await waitFor('the node to be back', 120, async () => (await kubectl('get', 'nodes')).includes(nodeOf(gone)));
    }
  });
});

/** The three pods, each on a node of its own. */
async function findPods(): Promise<V1Pod[]> {
  const pods = (await readPods()).filter(({ metadata }) => metadata!.deletionTimestamp === undefined);
  assert.equal(new Set(pods.map(nodeOf)).size, 3);
  assert.equal(pods.length, 3);
  return pods.toSorted((one, other) => (nodeOf(one) < nodeOf(other) ? -1 : 1));
}

function nodeOf(pod: V1Pod): string {
  return pod.spec!.nodeName!;
}

async function readyNodes(): Promise<string[]> {
  return (await findPods()).filter((pod) => isReady(pod)).map(nodeOf);
}

function readText(pod: V1Pod, url: string): Promise<string> {
  return runInPod(pod.metadata!.name!, `fetch('${url}').then((answer) => answer.text()).then(console.log)`);
}

async function readPeers(pod: V1Pod): Promise<PeersAnswer> {
  return JSON.parse(await readText(pod, 'http://127.0.0.1:8080/v1/peers')) as PeersAnswer;
}

/** The lines of the metrics that are about one node. */
async function readSeries(pod: V1Pod): Promise<string[]> {
  const metrics = await readText(pod, 'http://127.0.0.1:8081/metrics');
  return metrics.split('\n').filter((line) => line.includes('node="'));
}
