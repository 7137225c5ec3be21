/** What a fault costs the clients of the service, and how long the cluster takes to heal. */
import { setTimeout as delay } from 'node:timers/promises';

import { readPods, readServingPods, REPLICAS, restartsOf, say, waitFor, waitForPods } from './cluster.ts';
import { startServiceLoad, startSpreadCalls } from './service-load.ts';
import type { Measured } from '../faults/matrix.ts';
import { formatReport } from '../load/report.ts';

const RATE = 500;
const CALL_RATE = 50;
const CALLING = 10;
/** Before a fault and after it. */
const QUIET_MS = 5000;

export const secondsSince = (startMs: number): number => (performance.now() - startMs) / 1000;

/** What is measured of a fault in the midst of the good clients' requests. */
export async function underLoad(makeFault: () => Promise<Measured>): Promise<Measured> {
  const before = new Map((await waitForPods()).map((pod) => [pod.metadata!.uid, restartsOf(pod)]));
  await using load = await startServiceLoad(RATE);
  await using calls = await startSpreadCalls(CALL_RATE, CALLING);
  await delay(QUIET_MS);
  const measured = await makeFault();
  await delay(QUIET_MS);
  const [outside, inside] = await load.stop();
  const reports = [outside, inside, await calls.stop()];
  for (const report of reports) say(formatReport(report));
  const restarts = (await readPods()).map((pod) => restartsOf(pod) - (before.get(pod.metadata!.uid) ?? 0));
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    failed: sum(reports.map(({ failed }) => failed)),
    gap: outside.longestGapMs,
    restarts: sum(restarts),
    ...measured,
  };
}

/** How long it takes until something is well and enough pods serve. */
export async function measureHealing(heal: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await heal();
  await waitForServing(REPLICAS.min);
  const healed = secondsSince(startMs);
  say(`healed after ${healed.toFixed(1)} s`);
  return healed;
}

/** A fault that ends when it is undone, which is done however it went. */
export async function undoAfter(fault: Promise<unknown>, undo: () => Promise<unknown>): Promise<{ healed: number }> {
  const [outcome] = await Promise.allSettled([fault]);
  const healed = await measureHealing(undo);
  if (outcome.status === 'rejected') throw outcome.reason;
  return { healed };
}

export function waitForServing(count: number): Promise<void> {
  return waitFor(`${count} serving pods`, 420, async () => (await readServingPods()).length >= count);
}
