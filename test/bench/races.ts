/** How many requests a second a server answers when it is asked as fast as it can answer, and what each costs it. */
import type { Load } from './loads.ts';
import { startServer, type Contender } from './servers.ts';

const WARM_UP_S = 2;
/** Many short rounds: what disturbs the machine comes and goes in seconds, and is to meet all alike. */
const ROUNDS = 9;
const ROUND_S = 1;

/** One contender asked one thing. */
export interface Race {
  readonly contender: Contender;
  readonly load: Load;
}

export interface RaceResult {
  readonly contender: string;
  readonly title: string;
  /** Of each round. */
  readonly requestsPerSecond: readonly number[];
  /** Processor time in seconds, of each round. */
  readonly cpuPerMillion: readonly number[];
  readonly idleMemoryBytes: number;
  readonly loadedMemoryBytes: number;
}

/** Runs every race once in each round. */
export async function runRaces(races: readonly Race[], report: (line: string) => void): Promise<RaceResult[]> {
  await using servers = new AsyncDisposableStack();
  const running = [];
  for (const { contender, load } of races) {
    const server = servers.use(await startServer(contender));
    const idleMemoryBytes = server.readMemory();
    await load.run(server, WARM_UP_S);
    running.push({ contender, load, server, idleMemoryBytes, rates: [] as number[], costs: [] as number[] });
  }
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { load, server, rates, costs } of running) {
      const cpuBefore = server.readCpu();
      const { requests, requestsPerSecond } = await load.run(server, ROUND_S);
      rates.push(requestsPerSecond);
      costs.push(((server.readCpu() - cpuBefore) / requests) * 1e6);
    }
    report(`round ${round} of ${ROUNDS}`);
  }
  return running.map(({ contender, load, server, idleMemoryBytes, rates, costs }) => ({
    contender: contender.name,
    title: load.title,
    requestsPerSecond: rates,
    cpuPerMillion: costs,
    idleMemoryBytes,
    loadedMemoryBytes: server.readMemory(),
  }));
}

/** The median of what the rounds say of two, each pair measured in the same seconds. */
export function compareRounds(one: readonly number[], other: readonly number[]): number {
  return median(one.map((value, round) => value / (other[round] ?? NaN)));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
