/**
 * Requests as independent callers send them: at the instants of a Poisson process, whatever has come of the ones before,
 * and each latency counts from when its request was due, so that no stall omits what would have met it. The clients of
 * test/load wait on timers, which fire a millisecond apart: at tens of thousands of requests a second that is a volley each
 * millisecond, and the queue that is measured is the load's own. Here the event loop turns without rest on its own core.
 */
import { connect, type Socket } from 'node:net';

import { Latencies } from '../load/latencies.ts';

/** What callers keep open; a request that finds none free waits, and its wait counts. */
const CONNECTIONS = 64;
const WARM_UP_MS = 300;
const LARGEST_ANSWER_BYTES = 16 * 1024;
const ANSWER = /^HTTP\/1\.1 200 [^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i;

export interface OpenLoadPlan {
  readonly port: number;
  readonly path: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
}

/** @throws Error for an answer other than 200, and for a connection that breaks */
export async function runOpenLoad({ port, path, ratePerSecond, seconds }: OpenLoadPlan): Promise<Latencies> {
  const latencies = new Latencies();
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>();
  const free: Connection[] = [];
  const onAnswer = (connection: Connection, dueMs: number) => {
    if (dueMs >= countedFromMs) latencies.record(performance.now() - dueMs);
    free.push(connection);
  };
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(port, request, onAnswer, fail));
  await Promise.all(connections.map(({ opened }) => opened));
  free.push(...connections);

  const startMs = performance.now();
  const countedFromMs = startMs + WARM_UP_MS;
  const endMs = countedFromMs + seconds * 1000;
  const due: number[] = [];
  let sent = 0;
  let nextMs = startMs;
  const turn = (): void => {
    const nowMs = performance.now();
    for (; nextMs <= nowMs && nextMs < endMs; nextMs -= (Math.log(1 - Math.random()) * 1000) / ratePerSecond) {
      due.push(nextMs);
    }
    for (; sent < due.length && free.length > 0; sent++) free.pop()?.send(due[sent] as number);
    if (nextMs < endMs || sent < due.length || free.length < CONNECTIONS) setImmediate(turn);
    else end();
  };
  turn();
  await ended.finally(() => {
    for (const connection of connections) connection.close();
  });
  return latencies;
}

/** One that is opened anew when the server has closed it after an answer, as it may. */
class Connection {
  readonly opened: Promise<void>;
  readonly #request: string;
  #socket: Socket;
  #dueMs = 0;
  #text = '';

  constructor(
    port: number,
    request: string,
    onAnswer: (connection: Connection, dueMs: number) => void,
    onFailure: (error: Error) => void,
  ) {
    this.#request = request;
    const open = (onOpen?: () => void): Socket => {
      // One buffer for all that is read: a new one for each answer would have the collector stall the load.
      const buffer = Buffer.alloc(LARGEST_ANSWER_BYTES);
      const onread = { buffer, callback: (length: number) => read(buffer.toString('latin1', 0, length)) };
      return connect({ port, host: '127.0.0.1', noDelay: true, onread }, onOpen).on('error', onFailure);
    };
    const read = (text: string): true => {
      this.#text += text;
      const answer = ANSWER.exec(this.#text);
      if (answer && this.#text.length >= answer[0].length + Number(answer[1])) {
        if (/connection: close\r\n/i.test(answer[0])) this.#socket = open();
        this.#text = '';
        onAnswer(this, this.#dueMs);
      } else if (!answer && this.#text.length > 0 && !this.#text.startsWith('HTTP/1.1 200'.slice(0, this.#text.length)))
        onFailure(new Error(`Expected the answer 200, got ${this.#text.slice(0, 64)}`));
      return true;
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#socket = open(resolve);
  }

  send(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#socket.destroy();
  }
}
