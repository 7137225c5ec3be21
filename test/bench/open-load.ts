/**
 * Requests as independent callers send them: at the instants of a Poisson process, whatever has come of the ones before,
 * and each latency counts from when its request was due, so that no stall omits what would have met it. The clients of
 * test/load wait on timers, which fire a millisecond apart: at tens of thousands of requests a second that is a volley each
 * millisecond, and the queue that is measured is the load's own. Here the event loop turns without rest on its own core.
 */
import { Latencies } from '../load/latencies.ts';
import { RawConnection } from '../load/raw-connection.ts';

const CONNECTIONS = 64;
const WARM_UP_MS = 300;

export interface OpenLoadPlan {
  readonly port: number;
  readonly path: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** What callers keep open; a request that finds none free waits, and its wait counts. */
  readonly connections?: number;
  /** How long a request waits for that before its caller gives it up, never by default. */
  readonly patienceMs?: number;
}

export interface OpenLoadResult {
  readonly latencies: Latencies;
  readonly answeredPerSecond: number;
}

/** @throws Error for an answer other than 200, and for a connection that breaks */
export async function runOpenLoad({
  port,
  path,
  ratePerSecond,
  seconds,
  connections: count = CONNECTIONS,
  patienceMs = Infinity,
}: OpenLoadPlan): Promise<OpenLoadResult> {
  const latencies = new Latencies();
  const { promise: ended, resolve: end, reject: onFailure } = Promise.withResolvers<void>();
  const free: RawConnection[] = [];
  const onAnswer = (connection: RawConnection, status: number, dueMs: number) => {
    if (status !== 200) onFailure(new Error(`Expected the answer 200, got ${status}`));
    if (dueMs >= countedFromMs) latencies.record(performance.now() - dueMs);
    free.push(connection);
  };
  const plan = { port, path, onAnswer, onFailure };
  const connections = Array.from({ length: count }, () => new RawConnection(plan));
  await Promise.all(connections.map(({ opened }) => opened));
  free.push(...connections);

  const startMs = performance.now();
  const countedFromMs = startMs + WARM_UP_MS;
  const endMs = countedFromMs + seconds * 1000;
  const due: number[] = [];
  let sent = 0;
  let nextMs = startMs;
  const turn = (): void => {
    const nowMs = performance.now();
    for (; nextMs <= nowMs && nextMs < endMs; nextMs -= (Math.log(1 - Math.random()) * 1000) / ratePerSecond) {
      due.push(nextMs);
    }
    while (nowMs - (due[sent] ?? nowMs) > patienceMs) sent += 1;
    for (; sent < due.length && free.length > 0; sent++) free.pop()?.send(due[sent] as number);
    if (nextMs < endMs || sent < due.length || free.length < count) setImmediate(turn);
    else end();
  };
  turn();
  await ended.finally(() => {
    for (const connection of connections) connection.close();
  });
  return { latencies, answeredPerSecond: (latencies.count * 1000) / (performance.now() - countedFromMs) };
}
