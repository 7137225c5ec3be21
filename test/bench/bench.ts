/**
 * `make bench`: the service as shipped beside what it is built on and what it competes with. Prints a table, and writes
 * build/bench.json. With `--check` it compares its ratios with the committed ones, and ends with 1 where one has fallen
 * below nine tenths of its mark.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

import { BARE, buildGoAnchor, findPodinfo, KOA, KOA_ROUTER, SERVICE, startServer, type Contender } from './servers.ts';
import { median, runRaces, type Race, type RaceResult } from './throughput.ts';

const ROUNDS = 5;
const STARTS = 5;
/** How far a ratio may fall below its committed mark; noise within a run is often as large. */
const TOLERANCE = 0.9;
const MARKS = new URL('./marks.json', import.meta.url);

const say = (line: string) => process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const others = [buildGoAnchor(), findPodinfo()].filter((contender) => contender !== undefined);
  const races: Race[] = [
    ...[BARE, KOA, KOA_ROUTER, ...others].map((contender) => ({ contender, path: '/time' })),
    ...['/time', '/v1/time?zone=Europe/Paris', '/v1/zones/Europe/Paris', '/api/timezone/Europe/Paris'].map((path) => ({
      contender: SERVICE,
      path,
    })),
  ];
  const results = await runRaces(races, ROUNDS, say);
  const starts = { bare: await measureStart(BARE), service: await measureStart(SERVICE) };
  const ratios = computeRatios(results, starts);
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version };

  process.stdout.write(`${describe(results, starts, ratios)}\n`);
  mkdirSync('build', { recursive: true });
  writeFileSync('build/bench.json', `${JSON.stringify({ machine, results, starts, ratios }, null, 2)}\n`);
  if (process.argv.includes('--check')) checkMarks(ratios);
  if (process.argv.includes('--mark')) writeFileSync(MARKS, `${JSON.stringify(ratios, null, 2)}\n`);
}

async function measureStart(contender: Contender): Promise<number> {
  const times = [];
  for (let round = 0; round < STARTS; round++) {
    await using server = await startServer(contender);
    times.push(server.startMs);
  }
  return median(times);
}

type Ratios = Readonly<Record<string, number>>;

/** Every ratio is so made that more is better. */
function computeRatios(results: readonly RaceResult[], starts: { bare: number; service: number }): Ratios {
  const bare = find(results, BARE, '/time');
  const koa = find(results, KOA, '/time');
  const own = (path: string) => find(results, SERVICE, path);
  return {
    '/time to bare node:http': own('/time').requestsPerSecond / bare.requestsPerSecond,
    '/time to bare Koa': own('/time').requestsPerSecond / koa.requestsPerSecond,
    '/v1/time?zone= to bare node:http': own('/v1/time?zone=Europe/Paris').requestsPerSecond / bare.requestsPerSecond,
    '/v1/time?zone= to bare Koa': own('/v1/time?zone=Europe/Paris').requestsPerSecond / koa.requestsPerSecond,
    '/api/timezone/{place} to /time':
      own('/api/timezone/Europe/Paris').requestsPerSecond / own('/time').requestsPerSecond,
    '/v1/zones/{zone} to bare Koa': own('/v1/zones/Europe/Paris').requestsPerSecond / koa.requestsPerSecond,
    'speed of the start to bare node:http': starts.bare / starts.service,
    'thrift of idle memory to bare node:http': bare.idleMemoryBytes / own('/time').idleMemoryBytes,
  };
}

function find(results: readonly RaceResult[], contender: Contender, path: string): RaceResult {
  const result = results.find((candidate) => candidate.contender === contender && candidate.path === path);
  if (!result) throw new Error(`${contender.name} was not asked for ${path}`);
  return result;
}

function describe(results: readonly RaceResult[], starts: { bare: number; service: number }, ratios: Ratios): string {
  const mebibytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
  return [
    '| server | path | requests/s | CPU s a million | idle MiB | loaded MiB |',
    '|---|---|---|---|---|---|',
    ...results.map(
      (result) =>
        `| ${result.contender.name} | \`${result.path}\` | ${Math.round(result.requestsPerSecond)} | ${result.cpuSecondsPerMillion.toFixed(1)} ` +
        `| ${mebibytes(result.idleMemoryBytes)} | ${mebibytes(result.loadedMemoryBytes)} |`,
    ),
    '',
    `Start to the first answer: bare node:http ${Math.round(starts.bare)} ms, the service ${Math.round(starts.service)} ms.`,
    '',
    '| ratio | value |',
    '|---|---|',
    ...Object.entries(ratios).map(([name, ratio]) => `| ${name} | ${ratio.toFixed(2)} |`),
  ].join('\n');
}

function checkMarks(ratios: Ratios): void {
  const marks = JSON.parse(readFileSync(MARKS, 'utf8')) as Ratios;
  for (const [name, mark] of Object.entries(marks)) {
    const ratio = ratios[name] ?? 0;
    if (ratio >= mark * TOLERANCE) continue;
    say(`${name}: expected at least ${(mark * TOLERANCE).toFixed(2)}, got ${ratio.toFixed(2)}`);
    process.exitCode = 1;
  }
}

await main();
