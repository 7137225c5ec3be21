/**
 * Instances found in Eureka: the whole registry once, and then every half minute what changed in it in the last minutes. The
 * server adds how many instances have which status; where that is not what the changes lead to, some were missed, and the
 * whole is asked for again. https://github.com/Netflix/eureka/wiki/Understanding-eureka-client-server-communication
 */
import { APPLICATION } from '../registry/eureka.ts';
import { GRPC_PORT_KEY } from '../registry/instance.ts';
import { RegistryError, type RegistryClient } from '../registry/registry-client.ts';
import type { Discovery, Sleep } from './discovery.ts';
import type { Endpoint } from './endpoint.ts';

/** A server renews its answers no more often. */
const INTERVAL_MS = 30_000;
const DEADLINE_MS = 10_000;

interface EurekaInstance {
  readonly instanceId?: string;
  readonly hostName: string;
  readonly app: string;
  readonly ipAddr: string;
  readonly status: string;
  readonly actionType?: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly metadata?: Readonly<Record<string, string>> | null;
}

interface Applications {
  readonly applications: {
    readonly apps__hashcode: string;
    readonly application?: Many<{ readonly instance?: Many<EurekaInstance> }>;
  };
}

/** Older servers write a list of one as the one. */
type Many<Value> = Value | readonly Value[];

/** What is kept of an instance: the status of each, for the count, and where it is of those that are asked. */
interface Known {
  readonly status: string;
  readonly endpoint: Endpoint | undefined;
}

export function discoverEureka(client: RegistryClient, sleep: Sleep): Discovery {
  return async function* discover(signal) {
    const ask = async (path: string) => {
      const { text } = await client.ask({ method: 'GET', path, deadlineMs: DEADLINE_MS, signal });
      return JSON.parse(text) as Applications;
    };
    let known = applyChanges(new Map(), await ask('/apps'));
    while (!signal.aborted) {
      const endpoints = Array.from(known.values()).flatMap(({ endpoint }) => endpoint ?? []);
      // This instance is itself in the list, so one that is empty is of a registry that has forgotten.
      if (endpoints.length > 0) yield endpoints;
      await sleep(INTERVAL_MS * (0.9 + Math.random() / 5), signal);
      const changes = await ask('/apps/delta').catch(ignoreRefusal);
      if (changes) known = applyChanges(known, changes);
      if (changes?.applications.apps__hashcode !== countStatuses(known)) {
        known = applyChanges(new Map(), await ask('/apps'));
      }
    }
  };
}

/** A server may be set not to answer with changes. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof RegistryError)) throw error;
}

function applyChanges(before: ReadonlyMap<string, Known>, { applications }: Applications): Map<string, Known> {
  const known = new Map(before);
  const instances = listOf(applications.application).flatMap(({ instance }) => listOf(instance));
  for (const instance of instances) {
    const key = `${instance.app}/${instance.instanceId ?? instance.hostName}`;
    if (instance.actionType === 'DELETED') known.delete(key);
    else known.set(key, { status: instance.status, endpoint: readEndpoint(instance) });
  }
  return known;
}

function listOf<Value>(many: Many<Value> | undefined): readonly Value[] {
  return many === undefined ? [] : ([many].flat() as Value[]);
}

/** @returns `DOWN_1_UP_3_` for one instance that is down and three that are up, as the server writes it */
function countStatuses(known: ReadonlyMap<string, Known>): string {
  const groups = Map.groupBy(known.values(), ({ status }) => status);
  return Array.from(groups, ([status, { length }]) => `${status}_${length}_`)
    .toSorted()
    .join('');
}

/** An instance that is not up still has a clock, and that may be why it is not. */
function readEndpoint({ app, instanceId, hostName, ipAddr, status, metadata }: EurekaInstance): Endpoint | undefined {
  const port = Number(metadata?.[GRPC_PORT_KEY]);
  if (app !== APPLICATION || !(port > 0)) return undefined;
  return { node: instanceId ?? hostName, address: ipAddr, port, isReady: status === 'UP' };
}
