import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { attacked, awaitEnds, closeAll, openSockets } from './attack.ts';
import { defineFaults, type Measured } from './matrix.ts';

const REQUEST_LINE = 'GET /time HTTP/1.1\r\n';
const HOST = 'Host: localhost\r\n';
const CLOSE = 'Connection: close\r\n';
/** Some 40 KB, the longest answer that is made for each request anew. */
const LONG_ANSWER = `GET /v1/zones HTTP/1.1\r\n${HOST}\r\n`;

async function sendNothing(port: number): Promise<Measured> {
  const sockets = await openSockets(port, 10_000);
  for (const socket of sockets) socket.resume();
  return { held: await awaitEnds(sockets) };
}

async function crowdOut(port: number): Promise<Measured> {
  const sockets = await openSockets(port, 14_000);
  for (const socket of sockets) socket.resume();
  await delay(500);
  const refused = sockets.filter(({ closed }) => closed).length;
  return { refused, held: await awaitEnds(sockets) };
}

/** Sends a start, and then a byte at a time for as long as the server listens. */
const trickle =
  (start: string) =>
  async (port: number): Promise<Measured> => {
    const sockets = await openSockets(port, 500);
    for (const socket of sockets) socket.resume().write(start);
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write('x');
    }, 100);
    const held = await awaitEnds(sockets);
    clearInterval(timer);
    return { held };
  };

async function readNothing(port: number): Promise<Measured> {
  const sockets = await openSockets(port, 200);
  const startMs = performance.now();
  for (const socket of sockets) socket.pause().write(LONG_ANSWER.repeat(10));
  while (countEstablished(port, sockets) > 0) await delay(200);
  const held = (performance.now() - startMs) / 1000;
  closeAll(sockets);
  return { held };
}

/** A client that does not read does not see its connection end; the kernel knows of the server's side of it. */
function countEstablished(port: number, clients: readonly Socket[]): number {
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  const clientPorts = new Set(clients.map(({ localPort }) => hex(localPort ?? 0)));
  const server = new RegExp(String.raw`^ *\d+: [0-9A-F]+:${hex(port)} [0-9A-F]+:([0-9A-F]{4}) 01 `, 'gm');
  const established = Array.from(readFileSync('/proc/net/tcp', 'utf8').matchAll(server), ([, client]) => client);
  return established.filter((client) => clientPorts.has(client!)).length;
}

async function pipeline(port: number): Promise<Measured> {
  const sockets = await openSockets(port, 20);
  for (const socket of sockets) {
    socket.resume().write(`${REQUEST_LINE}${HOST}\r\n`.repeat(5000) + REQUEST_LINE + HOST + CLOSE + '\r\n');
  }
  await awaitEnds(sockets);
  return {};
}

/** Sends each text over connections of its own, and counts how they were answered. */
const send =
  (texts: readonly string[], connections: number) =>
  async (port: number): Promise<Measured> => {
    const sockets = await openSockets(port, connections);
    const answers = sockets.map(() => '');
    for (const [index, socket] of sockets.entries()) {
      socket.setEncoding('latin1').on('data', (text: string) => (answers[index] += text));
      socket.write(texts[index % texts.length]!, 'latin1');
    }
    const held = await awaitEnds(sockets);
    const count = (status: RegExp) => answers.filter((answer) => status.test(answer)).length;
    return { held, accepted: count(/HTTP\/1\.1 [123]/), faulty: count(/HTTP\/1\.1 5/) };
  };

const AMBIGUOUS = [
  `${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
  `${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `${HOST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
  `${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  `${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  `${HOST}Content-Length: +1\r\n\r\nx`,
  `${HOST}Content-Length: 0x1\r\n\r\nx`,
  'Host: localhost\n\n',
  `${HOST}X: a\r\n b\r\n\r\n`,
  `${HOST}X : a\r\n\r\n`,
  `${HOST}X: a\0b\r\n\r\n`,
  `${HOST}Host: elsewhere\r\n${CLOSE}\r\n`,
  `${CLOSE}\r\n`,
].map((rest) => REQUEST_LINE + rest);

const STRANGE_TARGETS = [
  `/${'a'.repeat(20_000)}`,
  `/time?zone=${'a'.repeat(5000)}`,
  `/v1/time?${'zone=UTC&'.repeat(400)}`,
  `/v1/zones/${'../'.repeat(1000)}etc/passwd`,
  '/docs/..%2f..%2fmain.cjs',
  '/assets/%2e%2e/%2e%2e/main.cjs',
  '/v1/zones/%00',
  '/%E0%A4%A',
  '/v1/zones/Europe/Paris\xff\xfe',
  '//',
  '*',
  'http://elsewhere/none',
  '/time?__proto__[zone]=UTC',
  '/constructor',
  '?',
].map((target) => `GET ${target} HTTP/1.1\r\n${HOST}${CLOSE}\r\n`);

defineFaults('Hostile HTTP', {
  'silent connections': attacked('http', sendNothing),
  'too many connections': attacked('http', crowdOut),
  'slow headers': attacked('http', trickle(`${REQUEST_LINE}${HOST}X: `)),
  'slow body': attacked('http', trickle(`POST /time HTTP/1.1\r\n${HOST}Content-Length: 1000000\r\n\r\n`)),
  'slow reading': attacked('http', readNothing),
  pipelining: attacked('http', pipeline),
  'large headers': attacked('http', send([`${REQUEST_LINE}${HOST}X: ${'a'.repeat(20_000)}\r\n\r\n`], 500)),
  'malformed framing': attacked('http', send(AMBIGUOUS, 50 * AMBIGUOUS.length)),
  'strange targets': attacked('http', send(STRANGE_TARGETS, 50 * STRANGE_TARGETS.length)),
});
