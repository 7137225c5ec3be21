/**
 * Load that sees what clients see: every request counts once, as an answer or as an error, and none is retried unseen. A
 * retry would hide the very thing that a rollout must not do, to close a connection under a request.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { Latencies } from './latencies.ts';
import type { LoadReport } from './report.ts';

/** One that asks, waits for its answer, and asks again. */
export interface LoadClient {
  /** How many connections it has opened, where it can tell. */
  readonly connections?: number;
  /** Resolves with the answer once the whole of it is there; rejects with an error whose code or name counts. */
  ask(): Promise<LoadAnswer>;
  close(): void;
}

export interface LoadAnswer {
  readonly status: string;
  readonly isGood: boolean;
}

export interface LoadPlan {
  readonly clients: readonly LoadClient[];
  /**
   * Requests a second, of all clients together, sent whether answers come or not (an open loop). Without it, a client
   * sends as soon as it has its answer (a closed loop).
   */
  readonly ratePerSecond?: number | undefined;
  /** The load ends at the first of these. */
  readonly maxRequests: number;
  readonly maxSeconds: number;
}

/** A request that has no answer by then has failed. */
export const ANSWER_TIMEOUT_MS = 5000;

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** @throws Error for a host that is neither this machine nor, when run in a pod, in the cluster */
export function refuseForeignHost(host: string): void {
  if (LOOPBACK.test(host) || process.env['KUBERNETES_SERVICE_HOST'] !== undefined) return;
  throw new Error(`Expected a target on the loopback interface, or to run in a pod, got ${host}`);
}

/** A load that runs from when it is made, until it is disposed of at the latest. */
export class Load implements AsyncDisposable {
  /** Resolves when the last request has ended. */
  readonly report: Promise<LoadReport>;
  readonly #plan: LoadPlan;
  readonly #startMs = performance.now();
  readonly #latencies = new Latencies();
  readonly #answers: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  #endMs: number;
  #sent = 0;
  #ended = 0;
  #succeeded = 0;
  #lastSuccessMs = this.#startMs;
  #longestGapMs = 0;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#endMs = this.#startMs + plan.maxSeconds * 1000;
    this.report = this.#run();
  }

  /** How many requests have ended so far, well or not. */
  get ended(): number {
    return this.#ended;
  }

  /** How many requests have failed so far. */
  get failed(): number {
    return this.#ended - this.#succeeded;
  }

  /** Sends no more; what is under way may still end. */
  stop(): Promise<LoadReport> {
    this.#endMs = performance.now();
    return this.report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<LoadReport> {
    const { clients, ratePerSecond } = this.#plan;
    const intervalMs = ratePerSecond === undefined ? undefined : (clients.length * 1000) / ratePerSecond;
    await Promise.all(
      clients.map((client, index) => {
        const first = this.#startMs + ((intervalMs ?? 0) * index) / clients.length;
        return this.#runClient(client, first, intervalMs).finally(() => client.close());
      }),
    );
    return this.#summarise(intervalMs === undefined);
  }

  async #runClient(client: LoadClient, firstMs: number, intervalMs: number | undefined): Promise<void> {
    let dueMs = firstMs;
    while (dueMs < this.#endMs && !this.#isOver()) {
      // A request that was due while its client still waited counts from when it was due. A late timer is not the server's.
      const freeMs = performance.now();
      if (dueMs > freeMs) {
        await delay(dueMs - freeMs);
        if (this.#isOver()) return;
      }
      this.#sent += 1;
      const startMs = dueMs > freeMs ? performance.now() : dueMs;
      await client.ask().then(
        (answer) => this.#countAnswer(answer, startMs),
        (error: NodeJS.ErrnoException) => this.#count(this.#errors, error.code ?? error.name),
      );
      dueMs = intervalMs === undefined ? performance.now() : dueMs + intervalMs;
    }
  }

  #isOver(): boolean {
    return performance.now() >= this.#endMs || this.#sent >= this.#plan.maxRequests;
  }

  #countAnswer({ status, isGood }: LoadAnswer, startMs: number): void {
    this.#count(this.#answers, status);
    if (!isGood) return;
    const nowMs = performance.now();
    this.#succeeded += 1;
    this.#latencies.record(nowMs - startMs);
    this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - this.#lastSuccessMs);
    this.#lastSuccessMs = nowMs;
  }

  #count(counts: Record<string, number>, name: string): void {
    counts[name] = (counts[name] ?? 0) + 1;
    this.#ended += 1;
  }

  #summarise(isClosedLoop: boolean): LoadReport {
    const nowMs = performance.now();
    // A closed loop has no schedule; without stalls, a client would send about once a median.
    const latencies = isClosedLoop ? this.#latencies.correct(this.#latencies.percentileMs(0.5)) : this.#latencies;
    return {
      requests: this.#ended,
      failed: this.failed,
      answers: this.#answers,
      errors: this.#errors,
      connections: this.#plan.clients.reduce((sum, { connections = 0 }) => sum + connections, 0),
      durationMs: nowMs - this.#startMs,
      longestGapMs: Math.max(this.#longestGapMs, nowMs - this.#lastSuccessMs),
      latencyMs: {
        p50: latencies.percentileMs(0.5),
        p90: latencies.percentileMs(0.9),
        p99: latencies.percentileMs(0.99),
        p999: latencies.percentileMs(0.999),
        max: latencies.maxMs,
      },
    };
  }
}
