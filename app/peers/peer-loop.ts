/** The peers of this process: found where the configuration says, and asked by the one loop until the end. */
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

import { openConsul } from '../registry/consul.ts';
import { openEureka } from '../registry/eureka.ts';
import type { RegistrySource } from '../registry/registry-source.ts';
import { discoverConsul } from './consul.ts';
import { followDiscovery, type Discovery, type Sleep } from './discovery.ts';
import { discoverEndpointSlices } from './endpoint-slices.ts';
import { choosePeers, groupByNode, MOST_PEERS, type Endpoint } from './endpoint.ts';
import { discoverEureka } from './eureka.ts';
import { openKubernetesApi } from './kubernetes-api.ts';
import { discoverAddresses, discoverHosts, lookUpName } from './name-discovery.ts';
import type { PeerSource } from './peer-source.ts';
import type { PeerWatch } from './peer-watch.ts';

/** Each peer is asked once in this time, so that a clock that goes wrong is known of in seconds, for little work. */
const ROUND_MS = 5000;

export interface PeerLoopOptions {
  readonly source: PeerSource;
  readonly registry?: RegistrySource | undefined;
  /** What this instance is called in the registry. */
  readonly ownId: string;
  /** The port that this instance answers its peers on. */
  readonly ownPort: number;
  readonly onDiscoveryFailure: (error: unknown, pauseMs: number) => void;
}

/** Keeps a watch going until it is disposed of. */
export function startPeerLoop(watch: PeerWatch, options: PeerLoopOptions): Disposable {
  const { source, registry, ownId, ownPort, onDiscoveryFailure } = options;
  const timer = setInterval(() => watch.tick(), ROUND_MS / MOST_PEERS).unref();
  const ending = new AbortController();
  const self = `${hostname()} ${ownPort}`;
  const onEndpoints = (endpoints: readonly Endpoint[]) => {
    // A registry may have this instance under an address that its machine knows nothing of, but it has its id.
    const ownNode = source.kind === 'registry' ? ownId : findOwnNode(endpoints, ownPort);
    watch.setPeers(choosePeers(groupByNode(endpoints), self, ownNode));
  };
  const follower = { onEndpoints, onFailure: onDiscoveryFailure };
  void followDiscovery(discoveryOf(source, registry), follower, { sleep, signal: ending.signal });
  return {
    [Symbol.dispose]() {
      ending.abort();
      clearInterval(timer);
      watch.setPeers([]);
    },
  };
}

/** The node that has this instance, by the addresses of its machine as they are now. */
function findOwnNode(endpoints: readonly Endpoint[], ownPort: number): string | undefined {
  const interfaces = Object.values(networkInterfaces()).flatMap((ofOne) => ofOne ?? []);
  const ownAddresses = new Set(interfaces.map(({ address }) => address));
  return endpoints.find(({ address, port }) => port === ownPort && ownAddresses.has(address))?.node;
}

const sleep: Sleep = (ms, signal) => wait(ms, undefined, { signal, ref: false });

function discoveryOf(source: PeerSource, registry: RegistrySource | undefined): Discovery {
  if (source.kind === 'kubernetes') return discoverEndpointSlices(openKubernetesApi, source.service);
  if (source.kind === 'dns') return discoverAddresses(source, lookUpName, sleep);
  if (source.kind === 'list') return discoverHosts(source.hosts, lookUpName, sleep);
  if (!registry) throw new Error('Expected a registry to find peers in, got none');
  return registry.kind === 'consul'
    ? discoverConsul(openConsul(registry), sleep)
    : discoverEureka(openEureka(registry), sleep);
}
