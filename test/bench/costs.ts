/** What the service costs that no race shows: its start, those who watch the time, and the clocks of its peers. */
import { setTimeout as delay } from 'node:timers/promises';

import { Client, credentials } from '@grpc/grpc-js';

import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { pathOf } from '../../app/grpc/service.ts';
import { MOST_PEERS } from '../../app/peers/endpoint.ts';
import { median } from './races.ts';
import { BARE, LOAD_CORE, SERVICE, startServer, type RunningServer } from './servers.ts';
import { findFreePort } from '../free-port.ts';

const STARTS = 9;

export interface Starts {
  /** From the start of the process to its first answer, of each round. */
  readonly bareMs: readonly number[];
  readonly serviceMs: readonly number[];
}

export async function measureStarts(): Promise<Starts> {
  const [bareMs, serviceMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < STARTS; round++) {
    for (const [contender, times] of [[BARE, bareMs] as const, [SERVICE, serviceMs] as const]) {
      await using server = await startServer(contender);
      times.push(server.startMs);
    }
  }
  return { bareMs, serviceMs };
}

const CONNECTIONS = 10;
const STREAMS_A_CONNECTION = 100;
const WATCH_S = 10;
const SETTLE_MS = 3000;

/** @returns the share of a core that a thousand streams of WatchTime take, a reading a second each */
export async function measureWatchers(): Promise<number> {
  await using server = await startServer(SERVICE);
  const idle = await measureCores([server], WATCH_S / 2);
  const asIs = (bytes: Buffer) => bytes;
  let readings = 0;
  const clients = Array.from({ length: CONNECTIONS }, () => {
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    const client = new Client(`127.0.0.1:${server.grpcPort}`, credentials.createInsecure(), options);
    for (let stream = 0; stream < STREAMS_A_CONNECTION; stream++) {
      client
        .makeServerStreamRequest(pathOf(TimeService, TimeService.method.watchTime), asIs, asIs, Buffer.alloc(0))
        .on('data', () => (readings += 1))
        // Who is cut off in the end says so; who is before has readings that are missing.
        .on('error', () => {});
    }
    return client;
  });
  await delay(SETTLE_MS);
  readings = 0;
  const [cores = NaN] = await measureCores([server], WATCH_S);
  const expected = CONNECTIONS * STREAMS_A_CONNECTION * WATCH_S;
  if (readings < expected * 0.95) throw new Error(`Expected ${expected} readings, got ${readings}`);
  for (const client of clients) client.close();
  return cores - (idle[0] ?? NaN);
}

const LONE = 3;
const PEERS_S = 20;

export interface PeersCost {
  /** The share of a core that it takes to ask eight peers and to answer as many. */
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Nine instances that watch each other, beside some that are alone. */
export async function measurePeers(): Promise<PeersCost> {
  await using servers = new AsyncDisposableStack();
  const start = async (extra: Record<string, string>) =>
    servers.use(await startServer(SERVICE, { core: LOAD_CORE, extra }));
  const ports = await Promise.all(Array.from({ length: MOST_PEERS + 1 }, findFreePort));
  const together: RunningServer[] = [];
  const alone: RunningServer[] = [];
  for (const port of ports) {
    const others = ports.filter((other) => other !== port).map((other) => `127.0.0.1:${other}`);
    together.push(await start({ GRPC_PORT: String(port), PEERS: others.join(',') }));
    if (alone.length < LONE) alone.push(await start({}));
  }
  await delay(SETTLE_MS);
  const cores = await measureCores([...together, ...alone], PEERS_S);
  const memory = [...together, ...alone].map(({ readMemory }) => readMemory());
  const difference = (values: readonly number[]) =>
    median(values.slice(0, together.length)) - median(values.slice(together.length));
  return { cores: difference(cores), memoryBytes: difference(memory) };
}

/** The share of a core that each of some servers takes, over a time. */
async function measureCores(servers: readonly RunningServer[], seconds: number): Promise<number[]> {
  const before = servers.map(({ readCpu }) => readCpu());
  const startMs = performance.now();
  await delay(seconds * 1000);
  const elapsedS = (performance.now() - startMs) / 1000;
  return servers.map(({ readCpu }, index) => (readCpu() - (before[index] ?? NaN)) / elapsedS);
}
