/** What a run came to, as tables that a reader takes in at a glance. */
import { cpus, totalmem } from 'node:os';

import { compareRounds, median, type RaceResult } from './races.ts';
import { BARE, BARE_GRPC } from './servers.ts';
import { find, GET_TIME, isKept, PATHS, TARGETS, type Results, type Target } from './targets.ts';

const GIBIBYTE = 1024 ** 3;
const MEBIBYTE = 1024 ** 2;

export function describeMachine(): string {
  const [processor] = cpus();
  const gibibytes = Math.round(totalmem() / GIBIBYTE);
  return (
    `${processor?.model.trim()}, ${cpus().length} cores (virtual), ${gibibytes} GiB, Node ${process.versions.node}, ` +
    `${new Date().toISOString().slice(0, 10)}.`
  );
}

export function describeResults(results: Results): string {
  const isCall = ({ title }: RaceResult) => title === GET_TIME;
  return [
    describeTargets(results),
    describeRaces(
      results.races.filter((race) => !isCall(race)),
      find(results, BARE.name, PATHS.time),
    ),
    describeRaces(results.races.filter(isCall), find(results, BARE_GRPC.name, GET_TIME)),
    describeLatencies(results),
    describeCosts(results),
  ].join('\n\n');
}

function describeTargets(results: Results): string {
  return table(
    ['', 'measured', 'wanted', ''],
    TARGETS.map((target) => {
      const value = target.measure(results);
      const verdict = isKept(target, value) ? 'met' : '**missed**';
      return [target.name, format(value), `${target.kind} ${describeBound(target)}`, verdict];
    }),
  );
}

function describeBound({ least, most }: Target): string {
  return least === undefined ? `≤ ${most}` : `≥ ${least}`;
}

function describeRaces(races: readonly RaceResult[], reference: RaceResult): string {
  return table(
    ['server', 'asked for', 'a second', `of ${reference.contender}`, 'CPU µs each', 'MiB idle', 'MiB loaded'],
    races
      .toSorted((a, b) => median(b.requestsPerSecond) - median(a.requestsPerSecond))
      .map(({ contender, title, requestsPerSecond, cpuPerMillion, idleMemoryBytes, loadedMemoryBytes }) => [
        contender,
        `\`${title}\``,
        Math.round(median(requestsPerSecond)).toLocaleString('en'),
        compareRounds(requestsPerSecond, reference.requestsPerSecond).toFixed(2),
        median(cpuPerMillion).toFixed(1),
        String(Math.round(idleMemoryBytes / MEBIBYTE)),
        String(Math.round(loadedMemoryBytes / MEBIBYTE)),
      ]),
  );
}

function describeLatencies({ latencies }: Results): string {
  return table(
    ['at half load', 'asked for', 'a second', 'p50 ms', 'p99 ms', 'p99.9 ms'],
    latencies.map(({ contender, path, ratePerSecond, p50Ms, p99Ms, p999Ms }) => [
      contender,
      `\`${path}\``,
      Math.round(ratePerSecond).toLocaleString('en'),
      format(p50Ms),
      format(median(p99Ms)),
      format(p999Ms),
    ]),
  );
}

function describeCosts({ starts, watcherCores, peers }: Results): string {
  return table(
    ['', ''],
    [
      ['start to the first answer, bare node:http', `${Math.round(median(starts.bareMs))} ms`],
      ['start to the first answer, the service', `${Math.round(median(starts.serviceMs))} ms`],
      ['1,000 WatchTime streams at 1 Hz', `${(watcherCores * 100).toFixed(1)} % of a core`],
      ['8 peers', `${(peers.cores * 100).toFixed(2)} % of a core, ${(peers.memoryBytes / MEBIBYTE).toFixed(1)} MiB`],
    ],
  );
}

function format(value: number): string {
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
