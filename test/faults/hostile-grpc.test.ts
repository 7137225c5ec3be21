import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { attacked, awaitEnds, closeAll, openSockets } from './attack.ts';
import { callHeaders, FLAG, frame, openSession, setting, TYPE } from './http2-frames.ts';
import { defineFaults, type Measured } from './matrix.ts';

const GET_TIME = callHeaders('/time.v1.TimeService/GetTime');
const CANCEL = Buffer.of(0, 0, 0, 8);
const EMPTY_MESSAGE = Buffer.alloc(5);
const HEADER_TABLE_SIZE = 1;
const PEER_PATIENCE_MS = 2000;

/** The ids of a client's streams. */
const streamIds = (count: number) => Array.from({ length: count }, (_, index) => 2 * index + 1);

function openCall(id: number, headers: Buffer, message = EMPTY_MESSAGE): Buffer {
  return Buffer.concat([
    frame(TYPE.headers, FLAG.endHeaders, id, headers),
    frame(TYPE.data, FLAG.endStream, id, message),
  ]);
}

/** Opens connections and acknowledges the server's settings, as it wants before its limits hold. */
async function openSessions(port: number, count: number, window?: number): Promise<Socket[]> {
  const sockets = await openSockets(port, count);
  await Promise.all(
    sockets.map(async (socket) => {
      socket.write(openSession(window));
      await once(socket, 'data');
      socket.write(frame(TYPE.settings, FLAG.acknowledge, 0));
    }),
  );
  return sockets;
}

async function sendNothing(port: number): Promise<Measured> {
  const sockets = await openSockets(port, 10_000);
  for (const socket of sockets) socket.resume();
  return { held: await awaitEnds(sockets) };
}

/** Sends frames over connections that are ended by the server, and takes what it answers. */
const flood =
  (frames: readonly Buffer[]) =>
  async (port: number): Promise<Measured> => {
    const sockets = await openSessions(port, 10);
    const bytes = Buffer.concat(frames);
    for (const socket of sockets) socket.resume().write(bytes);
    return { held: await awaitEnds(sockets) };
  };

/** Makes calls whose answers there is no window for, and goes after some time. */
const readNothing =
  (path: string) =>
  async (port: number): Promise<Measured> => {
    const sockets = await openSessions(port, 20, 0);
    const bytes = Buffer.concat(streamIds(100).map((id) => openCall(id, callHeaders(path))));
    for (const socket of sockets) socket.resume().write(bytes);
    await delay(PEER_PATIENCE_MS);
    closeAll(sockets);
    return {};
  };

/** Makes calls that are to be refused, and counts those that are answered with a message. */
const ask =
  (call: (id: number) => Buffer) =>
  async (port: number): Promise<Measured> => {
    const sockets = await openSessions(port, 20);
    const bytes = Buffer.concat(streamIds(50).map(call));
    const answers = sockets.map((socket) => countMessages(socket));
    for (const socket of sockets) socket.write(bytes);
    await delay(PEER_PATIENCE_MS);
    closeAll(sockets);
    return { accepted: answers.reduce((sum, count) => sum + count(), 0) };
  };

/** Counts the DATA frames that come over a connection. */
function countMessages(socket: Socket): () => number {
  let bytes = Buffer.alloc(0);
  let messages = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let length; bytes.length >= 9 && bytes.length >= (length = 9 + bytes.readUIntBE(0, 3));) {
      if (bytes.readUInt8(3) === TYPE.data) messages += 1;
      bytes = bytes.subarray(length);
    }
  });
  return () => messages;
}

const RESETS = streamIds(20_000).flatMap((id) => [
  frame(TYPE.headers, FLAG.endHeaders, id, GET_TIME),
  frame(TYPE.reset, 0, id, CANCEL),
]);
const CONTINUATIONS = [
  frame(TYPE.headers, 0, 1, GET_TIME),
  ...streamIds(1000).map(() => frame(TYPE.continuation, 0, 1, callHeaders('/'))),
];
const PINGS = streamIds(20_000).map(() => frame(TYPE.ping, 0, 0, Buffer.alloc(8)));
const SETTINGS = streamIds(20_000).map((id) => frame(TYPE.settings, 0, 0, setting(HEADER_TABLE_SIZE, id % 4096)));

const METADATA = callHeaders('/time.v1.TimeService/GetTime', { padding: 'x'.repeat(12_000) });
/** The prefix says 4 GiB. */
const HUGE_MESSAGE = Buffer.of(0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3);

defineFaults('Hostile gRPC', {
  'silent connections': attacked('grpc', sendNothing),
  'rapid reset': attacked('grpc', flood(RESETS)),
  'continuation flood': attacked('grpc', flood(CONTINUATIONS)),
  'ping flood': attacked('grpc', flood(PINGS)),
  'settings flood': attacked('grpc', flood(SETTINGS)),
  'unread answers': attacked('grpc', readNothing('/time.v1.TimeService/ListZones')),
  'unread watches': attacked('grpc', readNothing('/time.v1.TimeService/WatchTime')),
  'huge metadata': attacked(
    'grpc',
    ask((id) => openCall(id, METADATA)),
  ),
  'oversized messages': attacked(
    'grpc',
    ask((id) => openCall(id, GET_TIME, HUGE_MESSAGE)),
  ),
});
