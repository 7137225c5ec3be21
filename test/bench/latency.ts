/** How long answers take at half of what a server can do, as independent callers see it. */
import type { Latencies } from '../load/latencies.ts';
import { runOpenLoad } from './open-load.ts';
import { median } from './races.ts';
import { startServer, type Contender } from './servers.ts';

const ROUNDS = 7;
const ROUND_S = 1.5;

export interface LatencyResult {
  readonly contender: string;
  readonly path: string;
  readonly ratePerSecond: number;
  readonly p50Ms: number;
  /** Of each round. */
  readonly p99Ms: readonly number[];
  readonly p999Ms: number;
}

export interface LatencyPlan {
  readonly contender: Contender;
  readonly path: string;
  readonly ratePerSecond: number;
}

/** Runs every plan once in each round, so that what disturbs the machine disturbs all alike. */
export async function measureLatencies(plans: readonly LatencyPlan[]): Promise<LatencyResult[]> {
  await using servers = new AsyncDisposableStack();
  const running = [];
  for (const plan of plans) {
    const server = servers.use(await startServer(plan.contender));
    await runOpenLoad({ ...plan, port: server.port, seconds: ROUND_S });
    running.push({ plan, server, rounds: [] as Latencies[] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { plan, server, rounds } of running) {
      const { latencies } = await runOpenLoad({ ...plan, port: server.port, seconds: ROUND_S });
      rounds.push(latencies);
    }
  }
  return running.map(({ plan: { contender, path, ratePerSecond }, rounds }) => {
    const percentiles = (share: number) => rounds.map((latencies) => latencies.percentileMs(share));
    return {
      contender: contender.name,
      path,
      ratePerSecond,
      p50Ms: median(percentiles(0.5)),
      p99Ms: percentiles(0.99),
      p999Ms: median(percentiles(0.999)),
    };
  });
}
