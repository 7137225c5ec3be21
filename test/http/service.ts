/** The public API on a real socket, with a clock that stands still and observers that a test can look at. */
import { pino } from 'pino';
import { Registry } from 'prom-client';

import { HonestClock } from '../../app/clock/honest-clock.ts';
import { NO_PEERS } from '../../app/clock/peer-report.ts';
import { apiRoutes, createApi, type ApiParts } from '../../app/http/api.ts';
import { EventStreams } from '../../app/http/events.ts';
import type { Route } from '../../app/http/route.ts';
import { HttpServer } from '../../app/http/server.ts';
import type { Callers } from '../../app/http/world-time-api.ts';
import { findClientAddress } from '../../app/networks.ts';
import { HTTP_METRICS } from '../../app/telemetry/metric-names.ts';
import { RequestMetrics } from '../../app/telemetry/request-metrics.ts';
import { parseInstant } from '../../app/zones/instant.ts';
import { parseZone } from '../../app/zones/zone.ts';

/** What the tests' clock says. */
export const NOW = '2026-11-24T03:05:54.123456Z';

export const stillClock = new HonestClock({
  time: { wallNs: () => parseInstant(NOW), monotonicNs: () => 0n },
  kernel: undefined,
  floorNs: 0n,
});

/** Callers that no database places, behind no proxy. */
export const unplacedCallers: Callers = {
  addressOf: (request) => findClientAddress(request, undefined),
  zoneOf: () => undefined,
};

/** What routes answer from over a clock, with nothing around it. */
export function partsOver(clock: HonestClock): ApiParts {
  return {
    clock,
    defaultZone: parseZone('UTC'),
    callers: unplacedCallers,
    reportPeers: () => NO_PEERS,
    events: new EventStreams(clock),
  };
}

export interface TestService extends AsyncDisposable {
  readonly server: HttpServer;
  readonly url: string;
  readonly registry: Registry;
  readonly logLines: object[];
  /** What the service takes the event loop's delay for. */
  delayMs: number;
  /** How long it takes each request to have waited. */
  waitedMs: number;
}

/** The level of each line that the service has logged. */
export function levelsOf({ logLines }: TestService): (string | undefined)[] {
  return logLines.map((line) => pino.levels.labels[(line as { level: number }).level]);
}

export async function openService({
  routes = apiRoutes(partsOver(stillClock)),
  keepAliveTimeoutMs = 5000,
}: { routes?: Route[]; keepAliveTimeoutMs?: number } = {}): Promise<TestService> {
  const registry = new Registry();
  const logLines: object[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => logLines.push(JSON.parse(line) as object) });
  const metrics = new RequestMetrics(registry, HTTP_METRICS);
  const shedding = { delayMs: () => service.delayMs, maxDelayMs: 500 };
  const observers = { metrics, logger, tracing: undefined, slowRequestMs: 1000, waitedMs: () => service.waitedMs };
  const api = createApi(routes, observers, shedding);
  const server = await HttpServer.open(api, { host: '127.0.0.1', port: 0, keepAliveTimeoutMs });
  const service: TestService = {
    server,
    url: `http://127.0.0.1:${server.port}`,
    registry,
    logLines,
    delayMs: 0,
    waitedMs: 0,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return service;
}
