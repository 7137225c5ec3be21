/**
 * `make capacity`: one process on one core under eight loads. The capacity model (infra/capacity/) is fitted to three and
 * has to predict the other five; the measurements are kept where it does within a quarter, and otherwise this ends with 1.
 */
import { writeFileSync } from 'node:fs';

import { MEASURED_FILE, type Measured } from '../../infra/capacity/measured.ts';
import { fitModel, predict, type Sample } from '../../infra/capacity/model.ts';
import { askGrpc, askHttp } from './loads.ts';
import { runOpenLoad } from './open-load.ts';
import { median } from './races.ts';
import { describeMachine } from './report.ts';
import { SERVICE, startServer, type RunningServer } from './servers.ts';
import { GET_TIME, PATHS } from './targets.ts';

/** As shares of saturation. */
const FITTED = [0.3, 0.6, 0.8];
const CHECKED = [0.2, 0.4, 0.5, 0.7, 0.85];
const MOST_ERROR = 0.25;

const ROUNDS = 9;
const ROUND_S = 1;
const SATURATION_S = 3;

async function measure(): Promise<Measured> {
  await using server = await startServer(SERVICE);
  const load = askHttp(PATHS.zone);
  await load.run(server, SATURATION_S);
  const { requestsPerSecond: saturation } = await load.run(server, SATURATION_S);
  const rates = [...FITTED, ...CHECKED].map((share) => Math.round(share * saturation));
  const rounds = new Map(rates.map((rate) => [rate, [] as Sample[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [rate, samples] of rounds) samples.push(await measureOne(server, rate));
    process.stderr.write(`round ${round + 1} of ${ROUNDS}\n`);
  }
  const samples = Array.from(rounds, ([rate, ofRate]) => ({
    requestsPerSecond: rate,
    cores: median(ofRate.map(({ cores }) => cores)),
    p99Ms: lowerQuartile(ofRate.map(({ p99Ms }) => p99Ms)),
  }));
  await askGrpc(GET_TIME).run(server, SATURATION_S);
  return {
    machine: describeMachine(),
    path: PATHS.zone,
    saturation: Math.round(saturation),
    fitted: samples.slice(0, FITTED.length),
    checks: samples.slice(FITTED.length),
    memoryMebibytes: Math.ceil(server.readPeakMemory() / 1024 ** 2),
  };
}

/** In some rounds the machine works for others too, which makes latencies longer and never shorter. */
function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN;
}

async function measureOne(server: RunningServer, requestsPerSecond: number): Promise<Sample> {
  const [cpuBefore, startMs] = [server.readCpu(), performance.now()];
  const { latencies } = await runOpenLoad({
    port: server.port,
    path: PATHS.zone,
    ratePerSecond: requestsPerSecond,
    seconds: ROUND_S,
  });
  const seconds = (performance.now() - startMs) / 1000;
  return { requestsPerSecond, cores: (server.readCpu() - cpuBefore) / seconds, p99Ms: latencies.percentileMs(0.99) };
}

const measured = await measure();
const model = fitModel(measured.fitted);
let worst = 0;
for (const sample of [...measured.fitted, ...measured.checks]) {
  const predicted = predict(model, sample.requestsPerSecond);
  const errors = [predicted.cores / sample.cores - 1, predicted.p99Ms / sample.p99Ms - 1];
  if (measured.checks.includes(sample)) worst = Math.max(worst, ...errors.map(Math.abs));
  process.stdout.write(
    `${sample.requestsPerSecond}/s: ${sample.cores.toFixed(3)} cores, predicted ${predicted.cores.toFixed(3)}; ` +
      `p99 ${sample.p99Ms.toFixed(2)} ms, predicted ${predicted.p99Ms.toFixed(2)} ms\n`,
  );
}
process.stdout.write(`${JSON.stringify(measured, null, 2)}\n`);
if (worst <= MOST_ERROR) writeFileSync(MEASURED_FILE, `${JSON.stringify(measured, null, 2)}\n`);
else {
  process.stderr.write(`Expected every prediction within a quarter, got one off by ${Math.round(worst * 100)} %\n`);
  process.exitCode = 1;
}
