/**
 * What no drain can prepare for. Requests do fail then; how many may, and why, was written here before the first run.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Pod } from '@kubernetes/client-node';

import {
  evaluateInService,
  findNodeOfOnePod,
  makeOrThrow,
  readServingPods,
  restartsOf,
  say,
  waitFor,
  waitForPods,
} from './cluster.ts';
import { KEEP_ALIVE_CLIENTS, startOutsideLoad } from './service-load.ts';
import { capture } from '../../infra/cluster/command.ts';
import { containersOf } from '../../infra/cluster/install.ts';
import { formatReport, type LoadReport } from '../load/report.ts';

const RATE = 500;
const REQUESTS_A_CLIENT = RATE / (KEEP_ALIVE_CLIENTS + 1);

/**
 * Each connection to the killed process breaks under one request at most. For up to 4 s (a second until the kubelet sees
 * that the container has ended, one until its report is an endpoint, one until kube-proxy has it, one to spare) one new
 * connection in three is refused; only clients without a connection open any, and each sends some ten requests a second.
 * At the worst all clients were on that pod: then half of their next requests are refused once more (1/3 + 1/9 + …), and
 * the client that opens one each time fails a third of its own.
 */
const MOST_FAILED_KILLED = Math.ceil(KEEP_ALIVE_CLIENTS * 1.5 + (4 * REQUESTS_A_CLIENT) / 3 + KEEP_ALIVE_CLIENTS / 2);

const PAUSE_S = 30;
/**
 * Nothing tells a client that the node is gone: a request waits 5 s and fails, and then the client opens a connection, of
 * which one in three leads there again, because the cluster calls a node lost after 50 s at the earliest. No client can
 * fail more than once in 5 s. Of the clients that keep a connection a third is there at first, 17, and half as many again
 * fail in the tries that follow, 26; the one that opens a connection each time fails 6 times in 30 s. Connections are
 * not spread evenly, so twice as many are allowed.
 */
const MOST_FAILED_PAUSED = 2 * (Math.ceil(KEEP_ALIVE_CLIENTS / 2) + 1 + PAUSE_S / 5);

/** Whichever pod is gone, others answer; a gap can only be as long as the machine itself stands still. */
const LONGEST_GAP_MS = 2000;

describe('the service goes on', () => {
  it(`when a process is killed, and at most ${MOST_FAILED_KILLED} requests fail`, async () => {
    const [pod] = await waitForPods();
    await using load = startOutsideLoad(RATE);
    await delay(3000);
    await signalContainer(pod!, 'SIGKILL');
    await waitFor(
      'the container to have been started again',
      60,
      async () => restartsOf(await reread(pod!)) > restartsOf(pod),
    );
    await waitForPods();
    await delay(3000);
    expectBounded(await load.stop(), MOST_FAILED_KILLED);
  });

  it(`when a node stands still for ${PAUSE_S} s, and at most ${MOST_FAILED_PAUSED} requests fail`, async () => {
    const node = await findNodeOfOnePod();
    await using load = startOutsideLoad(RATE);
    await delay(3000);
    await capture('docker', ['pause', node]);
    try {
      await delay(PAUSE_S * 1000);
    } finally {
      await capture('docker', ['unpause', node]);
    }
    await delay(3000);
    expectBounded(await load.stop(), MOST_FAILED_PAUSED);
    await waitForPods();
  });

  it('when a pod reaches its memory limit, and `make status` says so', async () => {
    const [pod, ...others] = await waitForPods();
    const name = pod!.metadata!.name!;
    await evaluateInService(name, PLANT_LEAK);
    await waitFor(
      'the leaking container to have been started again',
      120,
      async () => restartsOf(await reread(pod!)) > restartsOf(pod),
    );
    const status = await makeOrThrow('status');
    assert.match(status, new RegExp(`^${name} .*OOMKilled \\(exit code 137\\)`, 'm'));
    const serving = await waitForPods();
    for (const other of others) {
      const now = serving.find(({ metadata }) => metadata!.uid === other.metadata!.uid);
      assert.equal(restartsOf(now), restartsOf(other));
    }
  });
});

/** Keeps 8 MiB more every 20 ms. */
const PLANT_LEAK = 'globalThis.leak = []; setInterval(() => leak.push(Buffer.alloc(8 << 20, 1)), 20); 0';

function expectBounded(report: LoadReport, most: number): void {
  say(formatReport(report));
  assert.ok(report.failed <= most, `${report.failed} failed, at most ${most} were to be expected`);
  assert.ok(report.longestGapMs <= LONGEST_GAP_MS, `no answer for ${report.longestGapMs} ms`);
}

async function signalContainer(pod: V1Pod, signal: string): Promise<void> {
  const id = containersOf(pod)[0]!.containerID!.replace('containerd://', '');
  const kill = ['ctr', '--namespace', 'k8s.io', 'tasks', 'kill', '--signal', signal, id];
  await capture('docker', ['exec', pod.spec!.nodeName!, ...kill]);
}

async function reread(pod: V1Pod): Promise<V1Pod | undefined> {
  return (await readServingPods()).find(({ metadata }) => metadata!.uid === pod.metadata!.uid);
}
