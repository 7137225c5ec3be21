/**
 * HTTP load that sees what clients see: every request counts once, as an answer or as an error, and none is retried. A
 * retry would hide the very thing that a rollout must not do, to close a connection under a request.
 */
import { Agent, request, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { Latencies } from './latencies.ts';
import type { LoadReport } from './report.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface LoadPlan {
  readonly url: string;
  /** Clients that each keep one connection for as long as the server lets them. */
  readonly keepAliveClients: number;
  /** Clients that open a connection for each request. */
  readonly freshClients: number;
  /**
   * Requests a second, of all clients together, sent whether answers come or not (an open loop). Without it, a client
   * sends as soon as it has its answer (a closed loop).
   */
  readonly ratePerSecond?: number | undefined;
  /** The load ends at the first of these. */
  readonly maxRequests: number;
  readonly maxSeconds: number;
  /**
   * Where a new connection goes, asked each time one is opened; without it, where the URL says. Like the endpoints of a
   * Service, it moves what is opened next and leaves what is open.
   */
  readonly endpoint?: () => Endpoint;
}

/** A request that has no answer by then has failed. */
const ANSWER_TIMEOUT_MS = 5000;

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** A load that runs from when it is made. */
export class Load {
  /** Resolves when the last request has ended. */
  readonly report: Promise<LoadReport>;
  readonly #plan: LoadPlan;
  readonly #target: ClientRequestArgs;
  readonly #startMs = performance.now();
  readonly #latencies = new Latencies();
  readonly #answers: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  #endMs: number;
  #sent = 0;
  #ended = 0;
  #succeeded = 0;
  #connections = 0;
  #lastSuccessMs = this.#startMs;
  #longestGapMs = 0;

  /** @throws Error for a target that is neither on this machine nor, when run in a pod, in the cluster */
  constructor(plan: LoadPlan) {
    const { hostname, host, port, pathname, search } = new URL(plan.url);
    if (!LOOPBACK.test(hostname) && process.env['KUBERNETES_SERVICE_HOST'] === undefined) {
      throw new Error(`Expected a target on the loopback interface, or to run in a pod, got ${plan.url}`);
    }
    this.#plan = plan;
    this.#target = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || 80,
      path: pathname + search,
      headers: { Host: host },
      timeout: ANSWER_TIMEOUT_MS,
    };
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

  async #run(): Promise<LoadReport> {
    const { keepAliveClients, freshClients, ratePerSecond } = this.#plan;
    const clients = keepAliveClients + freshClients;
    const intervalMs = ratePerSecond === undefined ? undefined : (clients * 1000) / ratePerSecond;
    await Promise.all(
      Array.from({ length: clients }, (_, index) => {
        const agent = this.#openAgent({ keepAlive: index < keepAliveClients, maxSockets: 1 });
        const first = this.#startMs + ((intervalMs ?? 0) * index) / clients;
        return this.#runClient(agent, first, intervalMs).finally(() => agent.destroy());
      }),
    );
    return this.#summarise(intervalMs === undefined);
  }

  async #runClient(agent: Agent, firstMs: number, intervalMs: number | undefined): Promise<void> {
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
      await this.#ask(agent).then(
        (status) => this.#countAnswer(status, startMs),
        (error: NodeJS.ErrnoException) => this.#count(this.#errors, error.code ?? error.name),
      );
      dueMs = intervalMs === undefined ? performance.now() : dueMs + intervalMs;
    }
  }

  #isOver(): boolean {
    return performance.now() >= this.#endMs || this.#sent >= this.#plan.maxRequests;
  }

  /** Resolves with the status once the whole answer is there. */
  #ask(agent: Agent): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const asked = request({ ...this.#target, agent }, (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('No answer in time'), { code: 'TIMEOUT' })));
    asked.end();
    return promise;
  }

  #openAgent(options: AgentOptions): Agent {
    const agent = new Agent(options);
    agent.createConnection = (target): Socket => {
      this.#connections += 1;
      return connect({ ...target, ...this.#plan.endpoint?.() } as Endpoint);
    };
    return agent;
  }

  #countAnswer(status: number, startMs: number): void {
    this.#count(this.#answers, String(status));
    if (status < 200 || status > 299) return;
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
      connections: this.#connections,
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
