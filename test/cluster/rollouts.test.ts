/**
 * A rollout replaces every pod; what a client must never notice is tried often enough to find what happens once in ten
 * thousand requests. The same load has to find fault with servers that end in a hurry.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Deployment, V1Lifecycle, V1Service } from '@kubernetes/client-node';

import { addressOf, CALLERS, nodePodSpec, startPodLoad } from './callers.ts';
import { change, kubectl, NAME, readServingPods, say, waitForPods } from './cluster.ts';
import { expectNoFailure, SERVICE_CONFIG, startServiceLoad, startSpreadCalls } from './service-load.ts';
import { formatReport, type LoadReport } from '../load/report.ts';

const ROLLOUTS = 10;
const REQUESTS = 500_000;
const REQUESTS_EACH = 30_000;
const CALLS = 200_000;
/** What two cores that also run the cluster can bear while pods start: a request that waits too long is refused. */
const RATE = 1450;
const SPREAD_RATE = 600;
const PINNED_RATE = 100;
const CALLING = 20;

describe('rollouts under load', () => {
  it(`fail none of ${REQUESTS} requests and ${CALLS} calls in ${ROLLOUTS} rollouts`, async () => {
    await using load = await startServiceLoad(RATE);
    await using spread = await startSpreadCalls(SPREAD_RATE, CALLING);
    // Through the one address a connection stays with its pod until that goes.
    await using pinned = await startPodLoad('pinned-calls', {
      grpc: await addressOf(NAME, 'grpc'),
      rate: PINNED_RATE,
      'service-config': SERVICE_CONFIG,
    });
    let rollouts = 0;
    let called = 0;
    while (rollouts < ROLLOUTS || load.outside.ended < REQUESTS || called < CALLS) {
      const endedBefore = load.outside.ended;
      await replaceAllPods();
      const requests = load.outside.ended - endedBefore;
      // One that was over sooner has proven too little to count.
      if (requests >= REQUESTS_EACH) rollouts += 1;
      called = await spread.readEnded();
      say(`rollout ${rollouts}: ${requests} requests, ${load.outside.failed} failed so far; ${called} calls in all`);
    }
    const calls = await spread.stop();
    expectNoFailure(calls);
    assert.ok(calls.requests >= CALLS, `${calls.requests} calls`);
    expectNoFailure(await pinned.stop());
    await load.expectNoFailure();
  });

  it('would be seen to fail where a server closes its connections at once', async () => {
    const report = await rollOutHastyServer('abrupt', { preStop: { sleep: { seconds: 5 } } });
    assert.ok((report.errors['ECONNRESET'] ?? 0) > 0, formatReport(report));
  });

  it('would be seen to fail where a server without preStop accepts no more at once', async () => {
    const report = await rollOutHastyServer('polite', {});
    assert.ok((report.errors['ECONNREFUSED'] ?? 0) > 0, formatReport(report));
  });
});

async function replaceAllPods(): Promise<void> {
  const podsBefore = await podNames();
  await kubectl('rollout', 'restart', `deployment/${NAME}`);
  await kubectl('rollout', 'status', `deployment/${NAME}`, '--timeout', '180s');
  await waitForPods();
  const podsAfter = await podNames();
  assert.deepEqual(
    podsBefore.filter((pod) => podsAfter.includes(pod)),
    [],
  );
}

async function podNames(): Promise<string[]> {
  return (await readServingPods()).map(({ metadata }) => metadata!.name!);
}

/** One rollout of three pods of another server, under load from inside. */
async function rollOutHastyServer(manner: string, lifecycle: V1Lifecycle): Promise<LoadReport> {
  const metadata = { name: 'hasty', namespace: CALLERS };
  const labels = { app: 'hasty' };
  const spec = nodePodSpec(['/programs/hasty-server.mjs', manner], {
    lifecycle,
    readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
  });
  const deployment: V1Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 3 } },
      template: { metadata: { labels }, spec },
    },
  };
  const service: V1Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { selector: labels, ports: [{ name: 'http', port: 8080 }] },
  };
  const rollout = (...args: string[]) => kubectl('rollout', ...args, '--namespace', CALLERS, 'deployment/hasty');
  await change('apply', deployment, service);
  await rollout('status');
  await using load = await startPodLoad('load', {
    url: `http://${await addressOf('hasty', 'http', CALLERS)}/`,
    'keep-alive': 50,
    fresh: 1,
  });
  await rollout('restart');
  await rollout('status');
  // The last of the old pods go after the rollout is called done.
  await delay(8000);
  const report = await load.stop();
  await change('delete', deployment, service);
  say(formatReport(report));
  return report;
}
