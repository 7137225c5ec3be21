/**
 * The HTTP server: Node's, with limits on what a stranger can hold open, and a drain that loses no request. A keep-alive
 * connection that is simply closed meets the client's next request half-way; told `Connection: close` with the last
 * answer, the client opens its next one elsewhere.
 */
import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';

import { answerProblem } from './answer.ts';
import type { Application } from './application.ts';
import type { ConnectionLimit } from '../connection-limit.ts';
import type { DrainingServer } from '../drain.ts';
import { listen } from '../listen.ts';
import type { WorkQueue } from '../work-queue.ts';

const HEADERS_TIMEOUT_MS = 5000;
/** The longest a request may take to arrive; a drain waits for one that has just begun. */
export const REQUEST_TIMEOUT_MS = 10_000;
const CHECKING_INTERVAL_MS = 1000;
/** A connection on which nothing moves for so long, though an answer is to be taken, ends. */
const STANDSTILL_MS = 10_000;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_REQUESTS_PER_SOCKET = 10_000;
/** How many requests may wait for the answers before theirs. Clients that pipeline at all send a handful. */
const MOST_PIPELINED = 16;

export class HttpServer implements DrainingServer, AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #application: Application;

  private constructor(server: Server, application: Application, port: number) {
    this.#server = server;
    this.#application = application;
    this.port = port;
  }

  /** @param shared what strangers share among all ports that they may reach; the admin port is not one of them */
  static async open(
    application: Application,
    { host, port, keepAliveTimeoutMs }: { host: string; port: number; keepAliveTimeoutMs: number },
    shared?: { readonly queue: WorkQueue; readonly limit: ConnectionLimit },
  ): Promise<HttpServer> {
    const listener = application.listener();
    const server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: CHECKING_INTERVAL_MS,
        keepAliveTimeout: keepAliveTimeoutMs,
        maxHeaderSize: MAX_HEADER_BYTES,
      },
      answerInTurn(shared ? answerInPortions(shared.queue, listener) : listener),
    );
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_SOCKET;
    server.timeout = STANDSTILL_MS;
    if (shared) server.on('connection', (socket) => shared.limit.admit(socket));
    server.on('timeout', endStandstill);
    server.on('clientError', refuseBytes);
    return new HttpServer(server, application, await listen(server, host, port));
  }

  beginDrain(): void {
    this.#application.keepsConnections = false;
  }

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    return promise;
  }

  closeNow(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close();
    this.closeNow();
    await closed;
  }
}

/**
 * Node reads on only as answers leave, but hands over all requests that came in one piece: answered at once, 64 KB of them
 * would make megabytes of answers that wait. So each is answered in its turn, and a connection that sends too many ends.
 */
function answerInTurn(listener: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, number>();
  return (request, response) => {
    // An answer that has to wait for another has no socket yet.
    if (response.socket !== null) {
      listener(request, response);
      return;
    }
    const { socket } = request;
    const count = waiting.get(socket) ?? 0;
    if (count >= MOST_PIPELINED) socket.destroy();
    if (socket.destroyed) return;
    waiting.set(socket, count + 1);
    response.once('socket', () => {
      waiting.set(socket, (waiting.get(socket) ?? 0) - 1);
      listener(request, response);
    });
  };
}

function answerInPortions(queue: WorkQueue, listener: RequestListener): RequestListener {
  return (request, response) =>
    queue.do(
      () => {
        // Who has left while it waited needs no answer.
        if (!response.destroyed) listener(request, response);
      },
      () => request.socket,
    );
}

/** What was not taken is thrown away: after a mere close the kernel would go on offering it, out of the pod's memory. */
function endStandstill(socket: Socket): void {
  if (socket.writableLength > 0) socket.resetAndDestroy();
  else socket.destroy();
}

/** Answers bytes that are no request, in the form that all errors here have. */
function refuseBytes(error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf(error);
  const { headers, body } = answerProblem(status, `Expected an HTTP/1.1 request, got ${describe(status, error)}`);
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', `Content-Length: ${body.length}`];
  for (let index = 0; index < headers.length; index += 2) lines.push(`${headers[index]}: ${headers[index + 1]}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon());
}

function statusOf(error: NodeJS.ErrnoException & { rawPacket?: Buffer }): number {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  if (error.code !== 'HPE_HEADER_OVERFLOW') return 400;
  // Where the request line alone overflows, it is the target that is too long.
  const lineEnd = error.rawPacket?.indexOf('\r\n') ?? 0;
  return lineEnd < 0 || lineEnd > MAX_HEADER_BYTES ? 414 : 431;
}

function describe(status: number, error: NodeJS.ErrnoException): string {
  if (status === 408) return 'only a part of one in time';
  if (status === 400) return `bytes that are none (${error.code})`;
  return `more than ${MAX_HEADER_BYTES} bytes of headers`;
}
