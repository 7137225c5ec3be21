/** The frame of every attack: a round to warm up and some that count, good clients meanwhile, and the memory after each. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { EXTENT } from './extent.ts';
import { startGoodClients } from './good-clients.ts';
import type { Measured } from './matrix.ts';
import { startVictim, type Inspection, type Victim } from './service.ts';

/** How many HTTP parsers Node keeps once they were needed. */
const KEPT_PARSERS = 1000;
const WARM_UP_MS = 2000;
const LOOKS = 4;
const LOOK_INTERVAL_MS = 40;
const MIB = 2 ** 20;

/**
 * One round of an attack on a port. It leaves no connection behind.
 *
 * @returns what the table wants measured besides; of all rounds the most counts
 */
export type Attack = (port: number) => Promise<Measured>;

/** Makes what a row of the matrix wants: runs an attack on a service of its own, and measures it. */
export function attacked(protocol: 'http' | 'grpc', attack: Attack): () => Promise<Measured> {
  return async () => {
    await using service = await startVictim();
    closeAll(await openSockets(service.httpPort, KEPT_PARSERS));
    await using good = startGoodClients(service);
    await delay(WARM_UP_MS);
    const port = protocol === 'http' ? service.httpPort : service.grpcPort;
    await attack(port);
    const before = await inspectSettled(service);
    const rounds: { measured: Measured; after: Awaited<ReturnType<typeof inspectSettled>> }[] = [];
    for (let round = 1; round <= EXTENT.attackRounds; round++) {
      const measured = await attack(port);
      rounds.push({ measured, after: await inspectSettled(service) });
    }
    const { failed } = await good.stop();
    const after = rounds.map((round) => round.after);
    return {
      ...mostOf(rounds.map((round) => round.measured)),
      failed,
      heap: percentMore(before.heapBytes, after.at(-1)!.heapBytes),
      growth: percentMore(after[1]!.residentBytes, after.at(-1)!.residentBytes),
      peak: service.peakBytes() / MIB,
    };
  };
}

/** The least of several looks: what is just being torn down, or answered to a good client, is no growth. */
async function inspectSettled(service: Victim): Promise<Pick<Inspection, 'heapBytes' | 'residentBytes'>> {
  const looks: Inspection[] = [];
  for (let look = 0; look < LOOKS; look++) {
    looks.push(await service.inspect());
    await delay(LOOK_INTERVAL_MS);
  }
  return {
    heapBytes: Math.min(...looks.map(({ heapBytes }) => heapBytes)),
    residentBytes: Math.min(...looks.map(({ residentBytes }) => residentBytes)),
  };
}

function percentMore(before: number, after: number): number {
  return (after / before - 1) * 100;
}

function mostOf(all: readonly Measured[]): Measured {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, Math.max(...all.map((one) => one[name] ?? NaN))]));
}

/** Opens connections, as many at a time as a listener's queue takes. */
export async function openSockets(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(500, count - sockets.length) }, () => connect(port, '127.0.0.1'));
    // A server may end what it refuses with a reset.
    for (const socket of some) socket.on('error', () => {});
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  return sockets;
}

export function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}

/** Waits until the server has ended every connection. @returns for how many seconds the last one was held */
export async function awaitEnds(sockets: readonly Socket[]): Promise<number> {
  const startMs = performance.now();
  // A reset is an end too: events.once would throw.
  await Promise.all(
    sockets.filter(({ closed }) => !closed).map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  );
  return (performance.now() - startMs) / 1000;
}
