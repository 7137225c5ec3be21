/** Instances found by name: a list of hosts, or whatever addresses one name has. Names are asked for again and again. */
import type { LookupAddress } from 'node:dns';
import { lookup as lookUpAll } from 'node:dns/promises';

import { formatAddress } from '../address.ts';
import type { Discovery, Sleep } from './discovery.ts';
import type { Endpoint } from './endpoint.ts';
import type { HostAndPort } from './peer-source.ts';

const LOOKUP_INTERVAL_MS = 30_000;

/** @throws Error for a name that does not resolve */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>;

export const lookUpName: Lookup = (name) => lookUpAll(name, { all: true });

/** Each host is a node of its own, by the name it was given; one that does not resolve stays one, and is silent. */
export function discoverHosts(hosts: readonly HostAndPort[], lookup: Lookup, sleep: Sleep): Discovery {
  const find = async ({ host, port }: HostAndPort): Promise<Endpoint> => {
    const addresses = await lookup(host).catch(() => []);
    return { node: formatAddress(host, port), address: addresses[0]?.address ?? host, port, isReady: true };
  };
  return repeat(() => Promise.all(hosts.map(find)), sleep);
}

/** Each address of the name is a node of its own. */
export function discoverAddresses({ host, port }: HostAndPort, lookup: Lookup, sleep: Sleep): Discovery {
  return repeat(async () => {
    const addresses = await lookup(host);
    // A machine with both families has an address of each: one is enough.
    const ofOneFamily = addresses.filter(({ family }) => family === addresses[0]?.family);
    return ofOneFamily.map(({ address }) => ({ node: address, address, port, isReady: true }));
  }, sleep);
}

function repeat(find: () => Promise<readonly Endpoint[]>, sleep: Sleep): Discovery {
  return async function* discover(signal) {
    while (!signal.aborted) {
      yield await find();
      await sleep(LOOKUP_INTERVAL_MS * (0.9 + Math.random() / 5), signal);
    }
  };
}
