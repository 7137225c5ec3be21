/** The load that the service is under in most tests: from outside through the mapped port, and some from inside. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { addressOf, startPodLoad, type PodLoad } from './callers.ts';
import { NAME, say, SERVICE_URL, target } from './cluster.ts';
import { DEFAULT_PORTS } from '../../app/config.ts';
import { headlessName } from '../../infra/service.ts';
import { httpClients } from '../load/http-clients.ts';
import { Load } from '../load/load.ts';
import { formatReport, type LoadReport } from '../load/report.ts';

export const KEEP_ALIVE_CLIENTS = 50;
const LONGEST_S = 900;
const MOST_REQUESTS = 10_000_000;
const INSIDE = { 'keep-alive': 5, fresh: 1, rate: 100 };

/** Two centuries of transitions cost the service 1.2 ms by itself and some 2 ms in a cluster, and the load almost nothing. */
export const COSTLY_PATH = '/v1/zones/Europe/Paris/transitions?from=1900-01-01T00:00:00Z&to=2099-01-01T00:00:00Z';

/**
 * Of clients that ask again as soon as they have an answer, on two cores: three kept them too little busy for the autoscaler
 * when they met on one pod, and twelve had requests wait for half a second.
 */
const COSTLY_CLIENTS = 5;

/** Spreads calls, and makes those again that a rollout refuses: a client makes a refused call again by itself only once. */
export const SERVICE_CONFIG = readFileSync('app/grpc/proto/time/v1/time_grpc_service_config.json', 'utf8');

/** Disposal ends a load that is still running, so that a test which fails leaves none. */
export interface ServiceLoad extends AsyncDisposable {
  readonly outside: Load;
  /** Ends the load. */
  stop(): Promise<[outside: LoadReport, inside: LoadReport]>;
  /** Ends the load, and fails the test where a single request has failed. */
  expectNoFailure(): Promise<void>;
}

/** Load from outside, from clients that keep a connection and one that opens a connection each time. */
export function startOutsideLoad(ratePerSecond: number, path = '/time'): Load {
  return new Load({
    clients: httpClients({ url: SERVICE_URL + path, keepAlive: KEEP_ALIVE_CLIENTS, fresh: 1 }),
    ratePerSecond,
    maxRequests: MOST_REQUESTS,
    maxSeconds: LONGEST_S,
  });
}

/** As much work as the cores bear, however fast they are: a rate is too little for one machine and too much for another. */
export function startCostlyLoad(): Load {
  return new Load({
    clients: httpClients({ url: SERVICE_URL + COSTLY_PATH, keepAlive: COSTLY_CLIENTS }),
    maxRequests: MOST_REQUESTS,
    maxSeconds: LONGEST_S,
  });
}

/** Load from outside at a rate, and a little from inside. */
export async function startServiceLoad(ratePerSecond: number, path?: string): Promise<ServiceLoad> {
  const inside = await startPodLoad('load', {
    url: `http://${await addressOf(NAME, 'http')}/time`,
    ...INSIDE,
  });
  const outside = startOutsideLoad(ratePerSecond, path);
  const stop = () => Promise.all([outside.stop(), inside.stop()]);
  return {
    outside,
    stop,
    async expectNoFailure() {
      for (const report of await stop()) expectNoFailure(report);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([outside.stop(), inside[Symbol.asyncDispose]()]);
    },
  };
}

/** gRPC calls from inside, over a channel to every pod. */
export function startSpreadCalls(ratePerSecond: number, callers: number): Promise<PodLoad> {
  const { namespace } = target.environment;
  return startPodLoad('spread-calls', {
    grpc: `dns:///${headlessName(target.environment)}.${namespace}.svc.cluster.local:${DEFAULT_PORTS.grpc}`,
    rate: ratePerSecond,
    callers,
    'service-config': SERVICE_CONFIG,
  });
}

export function expectNoFailure(report: LoadReport): void {
  say(formatReport(report));
  assert.deepEqual(report.errors, {});
  assert.equal(report.failed, 0);
}
