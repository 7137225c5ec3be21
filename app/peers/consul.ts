/**
 * Instances found in Consul, by a query that it answers when the list has changed since the index that the last answer had.
 * https://developer.hashicorp.com/consul/api-docs/features/blocking says what to make of the index.
 */
import { GRPC_PORT_KEY, SERVICE } from '../registry/instance.ts';
import type { RegistryClient } from '../registry/registry-client.ts';
import type { Discovery, Sleep } from './discovery.ts';
import type { Endpoint } from './endpoint.ts';

/** How long Consul holds an answer back; it adds up to a sixteenth of it, so that not all clients come back at once. */
const WAIT_SECONDS = 60;
const DEADLINE_MS = WAIT_SECONDS * (1 + 1 / 16) * 1000 + 5000;

/** Answers that follow each other at once, as while many instances start, are not asked for at once. */
const LEAST_INTERVAL_MS = 1000;

interface ServiceEntry {
  readonly Node: { readonly Address: string };
  readonly Service: {
    readonly ID: string;
    readonly Address: string;
    readonly Meta: Readonly<Record<string, string>> | null;
  };
  readonly Checks: readonly { readonly Status: string }[];
}

export function discoverConsul(client: RegistryClient, sleep: Sleep): Discovery {
  return async function* discover(signal) {
    let index = 0;
    while (!signal.aborted) {
      const path = `/v1/health/service/${SERVICE}?index=${index}&wait=${WAIT_SECONDS}s`;
      const { headers, text } = await client.ask({ method: 'GET', path, deadlineMs: DEADLINE_MS, signal });
      const next = nextIndex(index, Number(headers['x-consul-index']));
      const endpoints = (JSON.parse(text) as ServiceEntry[]).flatMap(readEntry);
      // This instance is itself in the list, so one that is empty is of a registry that has forgotten, or was just begun.
      if (next !== index && endpoints.length > 0) yield endpoints;
      index = next;
      await sleep(LEAST_INTERVAL_MS, signal);
    }
  };
}

/**
 * An index that goes back is of another Raft log, after a restart or a restored snapshot: what follows on the old one may
 * never come. One below 1 would make each query return at once.
 */
function nextIndex(before: number, index: number): number {
  if (index < before) return 0;
  return index >= 1 ? index : 1;
}

/** An instance that is not healthy still has a clock, and that may be why it is not. */
function readEntry({ Node, Service, Checks }: ServiceEntry): Endpoint[] {
  const port = Number(Service.Meta?.[GRPC_PORT_KEY]);
  const isReady = Checks.every(({ Status }) => Status === 'passing');
  return port > 0 ? [{ node: Service.ID, address: Service.Address || Node.Address, port, isReady }] : [];
}
