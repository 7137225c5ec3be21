/** What the results are held against. Floors must hold; goals are worth striving for, and it is said where they are missed. */
import type { PeersCost, Starts } from './costs.ts';
import type { LatencyResult } from './latency.ts';
import { compareRounds, median, type RaceResult } from './races.ts';
import { BARE, BARE_GRPC, BARE_HTTP2, KOA, SERVICE } from './servers.ts';

export const PATHS = {
  time: '/time',
  zone: '/v1/time?zone=Europe/Paris',
  zoneData: '/v1/zones/Europe/Paris',
  worldTime: '/api/timezone/Europe/Paris',
} as const;

export const GET_TIME = 'TimeService.GetTime';
export const PODINFO_PATH = '/version';

export interface Results {
  readonly races: readonly RaceResult[];
  readonly latencies: readonly LatencyResult[];
  readonly starts: Starts;
  readonly watcherCores: number;
  readonly peers: PeersCost;
}

export interface Target {
  readonly name: string;
  readonly measure: (results: Results) => number;
  readonly kind: 'floor' | 'goal';
  readonly least?: number;
  readonly most?: number;
  /** Whether it is steady enough from run to run to be compared with its mark. */
  readonly isMarked: boolean;
}

const MEBIBYTE = 1024 * 1024;

const rate = (contender: string, title: string) => (results: Results) =>
  find(results, contender, title).requestsPerSecond;
const cost = (contender: string, title: string) => (results: Results) => find(results, contender, title).cpuPerMillion;

type Reader = (results: Results) => readonly number[];

const compared = (one: Reader, other: Reader) => (results: Results) => compareRounds(one(results), other(results));

const own = (path: string) => rate(SERVICE.name, path);
const bare = rate(BARE.name, PATHS.time);
const koa = rate(KOA.name, PATHS.time);

const steady = { isMarked: true } as const;
const unsteady = { isMarked: false } as const;

export const TARGETS: readonly Target[] = [
  { name: '`/time` to bare Koa', kind: 'floor', least: 1, measure: compared(own(PATHS.time), koa), ...steady },
  { name: '`/time` to bare node:http', kind: 'goal', least: 0.9, measure: compared(own(PATHS.time), bare), ...steady },
  {
    name: '`/v1/time?zone=` to bare Koa',
    kind: 'floor',
    least: 0.8,
    measure: compared(own(PATHS.zone), koa),
    ...steady,
  },
  {
    name: '`/v1/time?zone=` to bare node:http',
    kind: 'goal',
    least: 0.8,
    measure: compared(own(PATHS.zone), bare),
    ...steady,
  },
  {
    name: '`/api/timezone/{place}` to `/time`',
    kind: 'floor',
    least: 0.7,
    measure: compared(own(PATHS.worldTime), own(PATHS.time)),
    ...steady,
  },
  {
    name: '`/time` to podinfo',
    kind: 'goal',
    least: 1.7,
    measure: compared(own(PATHS.time), rate('podinfo', PODINFO_PATH)),
    ...unsteady,
  },
  {
    name: 'GetTime to bare grpc-js, calls for the same CPU time',
    kind: 'floor',
    least: 0.95,
    measure: compared(cost(BARE_GRPC.name, GET_TIME), cost(SERVICE.name, GET_TIME)),
    ...steady,
  },
  {
    name: 'GetTime to bare node:http2, calls for the same CPU time',
    kind: 'goal',
    least: 0.8,
    measure: compared(cost(BARE_HTTP2.name, GET_TIME), cost(SERVICE.name, GET_TIME)),
    ...steady,
  },
  {
    name: 'p99 at half load to bare node:http',
    kind: 'floor',
    most: 1.5,
    measure: compared(tail(SERVICE.name), tail(BARE.name)),
    ...unsteady,
  },
  {
    name: 'start to bare node:http',
    kind: 'floor',
    most: 2,
    measure: ({ starts }) => compareRounds(starts.serviceMs, starts.bareMs),
    ...steady,
  },
  {
    name: 'idle memory to bare node:http',
    kind: 'floor',
    most: 1.5,
    measure: (results) =>
      find(results, SERVICE.name, PATHS.time).idleMemoryBytes / find(results, BARE.name, PATHS.time).idleMemoryBytes,
    ...steady,
  },
  {
    name: '1,000 WatchTime streams at 1 Hz, share of a core',
    kind: 'floor',
    most: 0.1,
    measure: ({ watcherCores }) => watcherCores,
    ...unsteady,
  },
  { name: '8 peers, share of a core', kind: 'floor', most: 0.01, measure: ({ peers }) => peers.cores, ...unsteady },
  {
    name: '8 peers, MiB',
    kind: 'floor',
    most: 5,
    measure: ({ peers }) => peers.memoryBytes / MEBIBYTE,
    ...unsteady,
  },
];

export function isKept({ least, most }: Pick<Target, 'least' | 'most'>, value: number): boolean {
  return value >= (least ?? -Infinity) && value <= (most ?? Infinity);
}

function tail(contender: string): Reader {
  return ({ latencies }) => latencies.find((result) => result.contender === contender)?.p99Ms ?? [NaN];
}

export function find({ races }: Pick<Results, 'races'>, contender: string, title: string): RaceResult {
  const result = races.find((candidate) => candidate.contender === contender && candidate.title === title);
  if (!result) throw new Error(`${contender} was not asked for ${title}`);
  return result;
}

export function medianRate(results: Pick<Results, 'races'>, contender: string, title: string): number {
  return median(find(results, contender, title).requestsPerSecond);
}
