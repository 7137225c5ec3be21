/**
 * The gRPC server: grpc-js on a listener of our own, so that it binds as the HTTP servers do. A client keeps one connection
 * for ever and so stays with one pod: a connection's age is bounded, which spreads clients again after a rollout. A stream
 * that is open keeps a server from closing, so a drain ends them.
 */
import type { Http2Server } from 'node:http2';
import { createServer, type Server as Listener } from 'node:net';

import { Server, ServerCredentials, type ConnectionInjector } from '@grpc/grpc-js';

import { observeCalls, type Observers } from './calls.ts';
import { limitConnections } from './connections.ts';
import { healthService } from './health.ts';
import { reflectionServices } from './reflection.ts';
import { addService, pathOf, type Service } from './service.ts';
import type { DrainingServer } from '../drain.ts';
import { listen } from '../listen.ts';

const MAX_CONCURRENT_STREAMS = 100;
const MAX_REQUEST_BYTES = 16 * 1024;
const MAX_CONNECTION_AGE_MS = 300_000;
const MAX_CONNECTION_AGE_GRACE_MS = 60_000;
const KEEPALIVE_TIME_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;

/** Over how long the ends of streams are spread in a drain. */
const STREAM_END_SPREAD_MS = 2000;

/** What a drain leaves to {@link GrpcServer.closeNow}: the longest time that a timer can hold. */
const UNTIL_CLOSED_MS = 2 ** 31 - 1;

export class GrpcServer implements DrainingServer, AsyncDisposable {
  readonly port: number;
  readonly #listener: Listener;
  readonly #server: Server;
  readonly #connections: ConnectionInjector;
  readonly #services: readonly Service[];

  private constructor(parts: {
    port: number;
    listener: Listener;
    server: Server;
    connections: ConnectionInjector;
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
    { host, port }: { host: string; port: number },
  ): Promise<GrpcServer> {
    const server = new Server({
      'grpc.max_concurrent_streams': MAX_CONCURRENT_STREAMS,
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.max_connection_age_ms': MAX_CONNECTION_AGE_MS,
      'grpc.max_connection_age_grace_ms': MAX_CONNECTION_AGE_GRACE_MS,
      'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
      'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    });
    const health = healthService(
      isServing,
      own.map(({ descriptor }) => descriptor.typeName),
    );
    const described = [...own, health].map(({ descriptor }) => descriptor);
    const services = [...own, health, ...reflectionServices(described)];
    for (const service of services) addService(server, service, observers.logger);

    const connections = server.createConnectionInjector(ServerCredentials.createInsecure());
    for (const http2Server of http2ServersOf(server)) {
      limitConnections(http2Server);
      observeCalls(http2Server, streamsByPath(services), observers);
    }
    const listener = createServer({ noDelay: true }, (socket) => connections.injectConnection(socket));
    return new GrpcServer({ port: await listen(listener, host, port), listener, server, connections, services });
  }

  beginDrain(): void {
    this.#endStreams(STREAM_END_SPREAD_MS);
    this.#connections.drain(UNTIL_CLOSED_MS);
  }

  async close(): Promise<void> {
    this.#endStreams(0);
    const { promise: refusing, resolve: refused } = Promise.withResolvers<void>();
    const { promise: draining, resolve: drained } = Promise.withResolvers<void>();
    this.#listener.close(() => refused());
    this.#server.tryShutdown(() => drained());
    await Promise.all([refusing, draining]);
  }

  closeNow(): void {
    this.#server.forceShutdown();
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

/** grpc-js keeps its HTTP/2 servers to itself; limits on pings and headers, and codes of all calls, are to be had there. */
function http2ServersOf(server: Server): Iterable<Http2Server> {
  return server['http2Servers'].keys() as Iterable<Http2Server>;
}

function streamsByPath(services: readonly Service[]): Map<string, boolean> {
  return new Map(
    services.flatMap(({ descriptor }) =>
      descriptor.methods.map((method) => [pathOf(descriptor, method), method.methodKind !== 'unary'] as const),
    ),
  );
}
