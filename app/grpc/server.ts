/**
 * The gRPC server: grpc-js on a listener of our own, so that it binds as the HTTP servers do. Its shut-down waits for open
 * streams, for ever if need be (grpc-node#1458), so a drain ends them.
 */
import type { Http2Server } from 'node:http2';
import { createServer, type Server as Listener } from 'node:net';

import { Server, ServerCredentials } from '@grpc/grpc-js';

import { observeCalls, type Observers } from './calls.ts';
import { Connections } from './connections.ts';
import { healthService } from './health.ts';
import { reflectionServices } from './reflection.ts';
import { addService, pathOf, type Service } from './service.ts';
import type { ConnectionLimit } from '../connection-limit.ts';
import type { DrainingServer } from '../drain.ts';
import { listen } from '../listen.ts';
import type { WorkQueue } from '../work-queue.ts';

const MAX_CONCURRENT_STREAMS = 100;
const MAX_REQUEST_BYTES = 16 * 1024;

/**
 * How many calls a client may cancel at once, and each second from then on; more end its connection. Those it may have open
 * can all pass their deadline together, twice. nghttp2 lets it cancel a thousand, each of which costs a call's memory
 * (CVE-2023-44487).
 */
const STREAM_RESETS = { streamResetBurst: 2 * MAX_CONCURRENT_STREAMS, streamResetRate: 33 };

/** A client that has gone without a word is noticed after both together. */
const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** Over how long the ends of streams are spread in a drain. */
const STREAM_END_SPREAD_MS = 2000;

export class GrpcServer implements DrainingServer, AsyncDisposable {
  readonly port: number;
  readonly #listener: Listener;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #services: readonly Service[];

  private constructor(parts: {
    port: number;
    listener: Listener;
    server: Server;
    connections: Connections;
    services: readonly Service[];
  }) {
    this.port = parts.port;
    this.#listener = parts.listener;
    this.#server = parts.server;
    this.#connections = parts.connections;
    this.#services = parts.services;
  }

  /**
   * @param own the services of this API; health and reflection are added to them
   * @param isServing what the health service says of each
   */
  static async open(
    own: readonly Service[],
    isServing: () => boolean,
    observers: Observers,
    { host, port, queue, limit }: { host: string; port: number; queue: WorkQueue; limit: ConnectionLimit },
  ): Promise<GrpcServer> {
    const server = new Server({
      // Its counts are those of /metrics once more, at a cost to each call.
      'grpc.enable_channelz': 0,
      'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
    const health = healthService(
      isServing,
      own.map(({ descriptor }) => descriptor.typeName),
    );
    const described = [...own, health].map(({ descriptor }) => descriptor);
    const services = [...own, health, ...reflectionServices(described)];
    for (const service of services) addService(server, service, { logger: observers.logger, queue });

    // grpc-js has no option for it, and makes the HTTP/2 server from these.
    Object.assign(server['commonServerOptions'], STREAM_RESETS);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const http2Server = http2ServerOf(server);
    const connections = new Connections(http2Server);
    observeCalls(http2Server, streamsByPath(services), observers);
    const listener = createServer({ noDelay: true }, (socket) => {
      if (limit.admit(socket)) connections.welcome(socket, (speaking) => injector.injectConnection(speaking));
    });
    return new GrpcServer({ port: await listen(listener, host, port), listener, server, connections, services });
  }

  beginDrain(): void {
    this.#endStreams(STREAM_END_SPREAD_MS);
    this.#connections.announceEnds();
  }

  async close(): Promise<void> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#listener.close(() => end());
    this.#endStreams(0);
    // Clients that came during the drain have not been told yet.
    this.#connections.announceEnds();
    await this.#connections.leave();
    const { promise: drained, resolve: drain } = Promise.withResolvers<void>();
    this.#server.tryShutdown(() => drain());
    await Promise.all([ended, drained]);
  }

  closeNow(): void {
    this.#connections.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.close();
    this.closeNow();
    await closed;
  }

  #endStreams(spreadMs: number): void {
    for (const { endStreams } of this.#services) endStreams?.(spreadMs);
  }
}

/** grpc-js keeps the HTTP/2 server of an injector to itself; what connections do, and all that calls end with, is seen there. */
function http2ServerOf(server: Server): Http2Server {
  const [http2Server] = server['http2Servers'].keys();
  return http2Server as Http2Server;
}

function streamsByPath(services: readonly Service[]): Map<string, boolean> {
  return new Map(
    services.flatMap(({ descriptor }) =>
      descriptor.methods.map((method) => [pathOf(descriptor, method), method.methodKind !== 'unary'] as const),
    ),
  );
}
