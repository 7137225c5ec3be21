/** How many requests a second a server answers when it is asked as fast as it can answer, and what each costs it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { LOAD_CORE, startServer, type Contender } from './servers.ts';

const CONNECTIONS = 32;
const WARM_UP_S = 1;
const ROUND_S = 2;

/** One contender asked for one path. */
export interface Race {
  readonly contender: Contender;
  readonly path: string;
}

export interface RaceResult extends Race {
  readonly requestsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly idleMemoryBytes: number;
  readonly loadedMemoryBytes: number;
}

/** Runs every race once in each round, so that what disturbs the machine disturbs all alike; gives medians. */
export async function runRaces(
  races: readonly Race[],
  rounds: number,
  report: (line: string) => void,
): Promise<RaceResult[]> {
  await using servers = new AsyncDisposableStack();
  const running = [];
  for (const race of races) {
    const server = servers.use(await startServer(race.contender));
    const url = `http://127.0.0.1:${server.port}${race.path}`;
    const idleMemoryBytes = server.readMemory();
    await runWrk(url, WARM_UP_S);
    running.push({ race, server, url, idleMemoryBytes, rates: [] as number[], costs: [] as number[] });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { race, server, url, rates, costs } of running) {
      const cpuBefore = server.readCpu();
      const { requests, requestsPerSecond } = await runWrk(url, ROUND_S);
      rates.push(requestsPerSecond);
      costs.push(((server.readCpu() - cpuBefore) / requests) * 1e6);
      report(`round ${round}/${rounds}: ${race.contender.name} ${race.path} ${Math.round(requestsPerSecond)}/s`);
    }
  }
  return running.map(({ race, server, idleMemoryBytes, rates, costs }) => ({
    ...race,
    requestsPerSecond: median(rates),
    cpuSecondsPerMillion: median(costs),
    idleMemoryBytes,
    loadedMemoryBytes: server.readMemory(),
  }));
}

async function runWrk(url: string, seconds: number): Promise<{ requests: number; requestsPerSecond: number }> {
  const args = ['-c', LOAD_CORE, 'wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}`, url];
  const { stdout } = await promisify(execFile)('taskset', args);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} was not answered every time:\n${stdout}`);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}
