/**
 * What a registry is told of this instance, and who it is there. Its id has to outlive a restart, or the registry has two
 * where there is one until the first is missed; and it must never be another's, or one that leaves takes the other along.
 * Neither a host name does (two may be named alike) nor an address (a restarted container may get another). What does is
 * what the container runtime mounts as `/etc/hostname`: a file in a directory of that container alone. Where there is no
 * container, there is the machine's id. The port parts the processes of one machine.
 */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The name that all instances share. */
export const SERVICE = 'time-service';

export interface Instance {
  readonly id: string;
  readonly httpPort: number;
  /** What is told beside the port of HTTP: other ports, the version, and the zone that `/time` answers in. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface InstanceFacts {
  readonly http: number;
  readonly grpc: number;
  readonly admin: number;
  readonly version: string;
  readonly zone: string;
}

/** The keys of {@link Instance.metadata}. */
export const GRPC_PORT_KEY = 'grpc-port';

export function describeInstance({ http, grpc, admin, version, zone }: InstanceFacts): Instance {
  const place = findPlace(readIfAny('/proc/self/mountinfo'), readIfAny('/etc/machine-id'));
  return {
    id: nameInstance(hostname(), place, http),
    httpPort: http,
    metadata: { [GRPC_PORT_KEY]: String(grpc), 'admin-port': String(admin), version, zone },
  };
}

/** @returns what tells this container, or else this machine, apart from all others */
export function findPlace(mountInfo: string, machineId: string): string {
  // Of a line `36 35 98:0 /root /mount/point …` the fourth word is which file is mounted.
  const mounts = mountInfo.split('\n').map((line) => line.split(' '));
  const file = mounts.find(([, , , , mountPoint]) => mountPoint === '/etc/hostname')?.[3];
  return file ?? machineId.trim();
}

export function nameInstance(host: string, place: string, port: number): string {
  const hash = createHash('sha256').update(`${host} ${place} ${port}`).digest('hex').slice(0, 12);
  return `${SERVICE}-${host.toLowerCase().replaceAll(/[^a-z\d]+/g, '-')}-${hash}`;
}

function readIfAny(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * The address that this machine reaches the registry from, and so one that those who ask the registry can most likely
 * reach it at. It may change while the service runs, with the networks of a container.
 *
 * @param host what the service listens on; where that is one address, it is the answer
 */
export async function findOwnAddress(registryUrl: string, host: string): Promise<string> {
  if (host !== '::' && host !== '0.0.0.0') return host;
  const { hostname: name, port, protocol } = new URL(registryUrl);
  const { address, family } = await lookup(name.replaceAll(/[[\]]/g, ''));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    // Connecting a datagram socket chooses the route, and sends nothing.
    socket.connect(Number(port || (protocol === 'https:' ? 443 : 80)), address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address === 'localhost' || address.startsWith('127.');
}
