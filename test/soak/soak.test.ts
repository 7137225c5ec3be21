/**
 * Half of what two processes can do, over HTTP and gRPC, for half an hour (`SOAK_MINUTES`), in each tenth of which another
 * process takes the place of one of them. The other lives through all of it, and is to hold at the end what it held at first.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { openDoor, type Door } from './door.ts';
import { defineFaults, type Measured } from '../faults/matrix.ts';
import { startVictim, type Victim } from '../faults/service.ts';
import { grpcClients } from '../load/grpc-clients.ts';
import { httpClients } from '../load/http-clients.ts';
import { Load, type LoadClient } from '../load/load.ts';
import type { LoadReport } from '../load/report.ts';

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 30);
const WHOLE_MINUTES = 30;
const TAKEOVERS = 10;
/** How long new connections still come to a process that ends, because endpoints are late. */
const ENDPOINT_DELAY_MS = 300;
const CALIBRATION_S = 5;
const SERVICE_CONFIG = readFileSync('app/grpc/proto/time/v1/time_grpc_service_config.json', 'utf8');

/** The two doors to one process after the other. */
interface Entrance extends AsyncDisposable {
  readonly http: Door;
  readonly grpc: Door;
  lead(service: Victim): void;
}

async function openEntrance(service: Victim): Promise<Entrance> {
  await using resources = new AsyncDisposableStack();
  const http = resources.use(await openDoor(service.httpPort));
  const grpc = resources.use(await openDoor(service.grpcPort));
  const opened = resources.move();
  return {
    http,
    grpc,
    lead(next) {
      http.lead(next.httpPort);
      grpc.lead(next.grpcPort);
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Who asks through each door: clients that are made anew for each load. */
const crowdsOf = ({ http, grpc }: Entrance): (() => LoadClient[])[] => [
  () => httpClients({ url: `http://127.0.0.1:${http.port}/time`, keepAlive: 20, fresh: 1 }),
  () => grpcClients({ target: `127.0.0.1:${grpc.port}`, callers: 20, serviceConfig: SERVICE_CONFIG }),
];

/** Asks through all doors at once, as often as answers come. @returns half of each rate */
async function findHalfRates(crowds: readonly (() => LoadClient[])[]): Promise<number[]> {
  const plan = { maxRequests: Infinity, maxSeconds: CALIBRATION_S };
  const reports = await Promise.all(crowds.map((makeClients) => new Load({ ...plan, clients: makeClients() }).report));
  return reports.map(({ requests }) => requests / CALIBRATION_S / 2);
}

/** What a process holds. */
interface Holding {
  readonly heapBytes: number;
  readonly handles: number;
  readonly series: number;
}

async function look(service: Victim): Promise<Holding> {
  const metrics = await (await fetch(`http://127.0.0.1:${service.adminPort}/metrics`)).text();
  return { ...(await service.inspect()), series: metrics.match(/^[^#\n]/gm)?.length ?? NaN };
}

/** What the middle one of the last three looks held more than that of the first three. */
function growthOf(looks: readonly Holding[], read: (look: Holding) => number): { before: number; after: number } {
  const middle = (three: readonly Holding[]) => three.map(read).toSorted((a, b) => a - b)[1]!;
  return { before: middle(looks.slice(0, 3)), after: middle(looks.slice(-3)) };
}

async function soak(): Promise<Measured> {
  await using lasting = await startVictim();
  await using lastingEntrance = await openEntrance(lasting);
  await using replaced = new AsyncDisposableStack();
  let serving = replaced.use(await startVictim());
  await using entrance = await openEntrance(serving);

  const crowds = [lastingEntrance, entrance].flatMap(crowdsOf);
  // The first time everything is still cold.
  await findHalfRates(crowds);
  const rates = await findHalfRates(crowds);
  console.log(`half load: ${rates.map(Math.round).join(', ')} a second`);
  const limits = { maxRequests: Infinity, maxSeconds: Infinity };
  await using asking = new AsyncDisposableStack();
  const loads = crowds.map((makeClients, index) =>
    asking.use(new Load({ ...limits, clients: makeClients(), ratePerSecond: rates[index] })),
  );

  const looks: Holding[] = [];
  let unclean = 0;
  for (let takeover = 1; takeover <= TAKEOVERS; takeover++) {
    const next = delay((MINUTES / TAKEOVERS) * 60_000);
    const successor = replaced.use(await startVictim());
    serving.child.kill('SIGTERM');
    await delay(ENDPOINT_DELAY_MS);
    entrance.lead(successor);
    if ((await serving.ended) !== 0) unclean += 1;
    serving = successor;
    await next;
    looks.push(await look(lasting));
  }
  const reports = await Promise.all(loads.map((load) => load.stop()));
  for (const { answers, errors } of reports) console.log(JSON.stringify({ answers, errors }));

  const sum = (read: (report: LoadReport) => number) => reports.reduce((total, report) => total + read(report), 0);
  const heap = growthOf(looks, ({ heapBytes }) => heapBytes);
  const handles = growthOf(looks, (one) => one.handles);
  const series = growthOf(looks, (one) => one.series);
  return {
    failed: sum(({ failed }) => failed),
    'asked in 30 min': (sum(({ requests }) => requests) * WHOLE_MINUTES) / MINUTES,
    unclean,
    heap: (heap.after / heap.before - 1) * 100,
    handles: handles.after - handles.before,
    series: series.after - series.before,
  };
}

defineFaults('Soak', { 'half load, and a takeover each 3 min': soak });
