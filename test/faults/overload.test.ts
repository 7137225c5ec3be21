/** More than the service can do: it on one core, who asks on the other, as in test/bench. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

import { awaitAnswer } from './answer.ts';
import { EXTENT } from './extent.ts';
import { defineFaults, type Measured } from './matrix.ts';
import { startVictim, type Victim } from './service.ts';
import { runOpenLoad } from '../bench/open-load.ts';
import { median } from '../bench/races.ts';
import { LOAD_CORE, SERVER_CORE } from '../bench/servers.ts';
import { PATHS } from '../bench/targets.ts';
import { runClosedLoad } from '../load/closed-load.ts';
import { httpClients } from '../load/http-clients.ts';
import { Load } from '../load/load.ts';

const CONNECTIONS = [1, 2, 4, 8, 16, 32, 64];
/** The rate that counts as all the service can do, as a share of the best one. */
const SATURATED = 0.9;
const ROUND_S = 4;
const CROWD = 2000;
/** Half a millisecond of work, and an answer of 5 KB. */
const COSTLY_PATH = '/v1/zones/Europe/Paris/transitions?from=2000-01-01T00:00:00Z&to=2030-01-01T00:00:00Z';
const CURVE = [0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5];
const PATIENCE_MS = 1000;
const WARM_UP_S = 4;
/** Each probe has a connection of its own and waits for 1 s, as the kubelet's do; there are more than may wait at once. */
const PROBES = { keepAlive: 0, fresh: 50, answerTimeoutMs: 1000 };
const PROBES_PER_SECOND = 50;

function pin(core: string): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', core, String(process.pid)], { stdio: 'ignore' });
}

interface Overloaded {
  readonly service: Victim;
  /** The fewest connections that get all the service can do, over which path. */
  readonly saturating: number;
  /** As many of them as got the most of it. */
  readonly busiest: number;
  /** That, a second. */
  readonly peak: number;
}

/** Runs an overload against a service that has been found out, and measures the admin port meanwhile and the end of it. */
function overloaded(path: string, overload: (service: Overloaded) => Promise<Measured>): () => Promise<Measured> {
  return async () => {
    pin(LOAD_CORE);
    try {
      await using service = await startVictim({}, { wrapper: ['taskset', '--cpu-list', SERVER_CORE] });
      const clients = httpClients({ url: `http://127.0.0.1:${service.adminPort}/readyz`, ...PROBES });
      const limits = { maxRequests: Infinity, maxSeconds: Infinity };
      await using admin = new Load({ clients, ratePerSecond: PROBES_PER_SECOND, ...limits });
      const measured = await overload({ service, ...(await findPeak(service, path)) });
      const recovery = await awaitAnswer(service.httpPort);
      const { failed, latencyMs } = await admin.stop();
      return { ...measured, recovery, admin: latencyMs.p99, 'failed probes': failed };
    } finally {
      pin(`0-${availableParallelism() - 1}`);
    }
  };
}

async function findPeak({ httpPort: port }: Victim, path: string): Promise<Omit<Overloaded, 'service'>> {
  await runClosedLoad({ port, path, connections: CONNECTIONS.at(-1)!, seconds: WARM_UP_S });
  const rates: number[] = [];
  for (const connections of CONNECTIONS) {
    const { goodPerSecond } = await runClosedLoad({ port, path, connections, seconds: 1 });
    rates.push(goodPerSecond);
  }
  const peak = Math.max(...rates);
  return {
    saturating: CONNECTIONS[rates.findIndex((rate) => rate >= SATURATED * peak)]!,
    busiest: CONNECTIONS[rates.indexOf(peak)]!,
    peak,
  };
}

/** In rounds, each between two seconds of saturation: what a core does in a second changes by a third within a minute. */
const askAtOnce = (path: string, connectionsOf: (saturating: number) => number) =>
  overloaded(path, async ({ service: { httpPort: port }, saturating, busiest }) => {
    const saturate = () => runClosedLoad({ port, path, connections: busiest, seconds: 1 });
    const goodputs: number[] = [];
    const sum = { refused: 0, broken: 0 };
    let before = await saturate();
    for (let round = 0; round < EXTENT.overloadS / ROUND_S; round++) {
      const connections = connectionsOf(saturating);
      const during = await runClosedLoad({ port, path, connections, seconds: ROUND_S });
      const after = await saturate();
      goodputs.push((during.goodPerSecond / ((before.goodPerSecond + after.goodPerSecond) / 2)) * 100);
      sum.refused += during.refused;
      sum.broken += during.broken;
      before = after;
    }
    return { goodput: median(goodputs), ...sum };
  });

const drawCurve = overloaded(PATHS.zoneData, async ({ service, saturating, peak }) => {
  const connections = 4 * saturating;
  const answered: number[] = [];
  console.log('| of saturation | asked a second | answered | p50 ms | p99 ms |\n|---|---|---|---|---|');
  for (const share of CURVE) {
    const { latencies, answeredPerSecond } = await runOpenLoad({
      port: service.httpPort,
      path: PATHS.zoneData,
      ratePerSecond: share * peak,
      seconds: EXTENT.curvePointS,
      connections,
      patienceMs: PATIENCE_MS,
    });
    answered.push(answeredPerSecond);
    const percentiles = [0.5, 0.99].map((one) => latencies.percentileMs(one).toFixed(2));
    const cells = [share, Math.round(share * peak), Math.round(answeredPerSecond), ...percentiles];
    console.log(`| ${cells.join(' | ')} |`);
  }
  return { goodput: (answered.at(-1)! / Math.max(...answered)) * 100 };
});

defineFaults('Overload', {
  'four times saturation': askAtOnce(PATHS.zoneData, (saturating) => 4 * saturating),
  'half as much again': drawCurve,
  'a crowd': askAtOnce(COSTLY_PATH, () => CROWD),
});
