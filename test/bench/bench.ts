/**
 * `make bench`: the service as shipped beside what it is built on and what it competes with. Prints tables, and writes
 * build/bench.json. `--check` compares with the committed marks, and ends with 1 where one has been missed by more than a
 * tenth; `--mark` writes them, and `--document` docs/performance.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { measurePeers, measureStarts, measureWatchers } from './costs.ts';
import { measureLatencies } from './latency.ts';
import { askGrpc, askHttp } from './loads.ts';
import { runRaces, type Race } from './races.ts';
import { describeMachine, describeResults } from './report.ts';
import * as servers from './servers.ts';
import { GET_TIME, isKept, medianRate, PATHS, PODINFO_PATH, TARGETS, type Results } from './targets.ts';

/** How far a ratio may fall from its committed mark; noise within a run is often as large. */
const TOLERANCE = 0.9;
const MARKS = new URL('./marks.json', import.meta.url);
const DOCUMENT = new URL('../../docs/performance.md', import.meta.url);
const [DOCUMENT_START, DOCUMENT_END] = ['<!-- results: made by make bench-mark -->', '<!-- /results -->'];

const say = (line: string) => process.stderr.write(`${line}\n`);

async function measure(): Promise<Results> {
  const { BARE, KOA, KOA_ROUTER, SERVICE, BARE_GRPC, BARE_HTTP2 } = servers;
  const [go, podinfo] = [servers.buildGoAnchor(), servers.findPodinfo()];
  const races = await runRaces(
    [
      ...[BARE, KOA, KOA_ROUTER, ...(go ? [go] : [])].map((contender) => race(contender, askHttp(PATHS.time))),
      ...(podinfo ? [race(podinfo, askHttp(PODINFO_PATH))] : []),
      ...Object.values(PATHS).map((path) => race(SERVICE, askHttp(path))),
      ...[BARE_HTTP2, BARE_GRPC, SERVICE].map((contender) => race(contender, askGrpc(GET_TIME))),
    ],
    say,
  );
  const atHalfLoad = (contender: servers.Contender) => ({
    contender,
    path: PATHS.time,
    ratePerSecond: medianRate({ races }, contender.name, PATHS.time) / 2,
  });
  say('latencies at half load');
  const latencies = await measureLatencies([BARE, SERVICE].map(atHalfLoad));
  say('starts');
  const starts = await measureStarts();
  say('watchers and peers');
  return { races, latencies, starts, watcherCores: await measureWatchers(), peers: await measurePeers() };
}

function race(contender: servers.Contender, load: Race['load']): Race {
  return { contender, load };
}

type Marks = Readonly<Record<string, number>>;

function readMarks(results: Results): Marks {
  const marked = TARGETS.filter(({ isMarked }) => isMarked);
  return Object.fromEntries(marked.map((target) => [target.name, Number(target.measure(results).toFixed(3))]));
}

function checkMarks(results: Results): void {
  const marks = JSON.parse(readFileSync(MARKS, 'utf8')) as Marks;
  for (const target of TARGETS.filter(({ isMarked }) => isMarked)) {
    const mark = marks[target.name] ?? NaN;
    const limit = target.least === undefined ? mark / TOLERANCE : mark * TOLERANCE;
    const word = target.least === undefined ? 'most' : 'least';
    const value = target.measure(results);
    if (isKept({ [word]: limit }, value)) continue;
    say(`${target.name}: expected at ${word} ${limit.toFixed(2)}, got ${value.toFixed(2)}`);
    process.exitCode = 1;
  }
}

/** Renews the part of the document that is made from a run; the rest of it is written by hand. */
function writeDocument(results: Results): void {
  const stale = readFileSync(DOCUMENT, 'utf8');
  const [before, rest] = stale.split(DOCUMENT_START);
  const after = rest?.split(DOCUMENT_END)[1];
  if (after === undefined) throw new Error(`docs/performance.md has no part ${DOCUMENT_START} … ${DOCUMENT_END}`);
  const fresh = [describeMachine(), describeResults(results)].join('\n\n');
  writeFileSync(DOCUMENT, `${before}${DOCUMENT_START}\n\n${fresh}\n\n${DOCUMENT_END}${after}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, mark: { type: 'boolean' }, document: { type: 'boolean' } },
  });
  const results = await measure();
  process.stdout.write(`${describeMachine()}\n\n${describeResults(results)}\n`);
  mkdirSync('build', { recursive: true });
  writeFileSync('build/bench.json', `${JSON.stringify({ machine: describeMachine(), ...results }, null, 2)}\n`);
  if (values.check) checkMarks(results);
  if (values.mark) writeFileSync(MARKS, `${JSON.stringify(readMarks(results), null, 2)}\n`);
  if (values.document) writeDocument(results);
}

await main();
