/** The gRPC API on a real socket, with a clock that stands still and observers that a test can look at, and its client. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import {
  Client,
  credentials,
  Metadata,
  type CallOptions,
  type ChannelOptions,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { pino } from 'pino';
import { Registry } from 'prom-client';

import { ConnectionLimit } from '../../app/connection-limit.ts';
import { BadRequestSchema } from '../../app/grpc/generated/google/rpc/error_details_pb.js';
import { StatusSchema } from '../../app/grpc/generated/google/rpc/status_pb.js';
import { GrpcServer } from '../../app/grpc/server.ts';
import type { Service } from '../../app/grpc/service.ts';
import { timeService } from '../../app/grpc/time-service.ts';
import { GRPC_METRICS } from '../../app/telemetry/metric-names.ts';
import { RequestMetrics } from '../../app/telemetry/request-metrics.ts';
import { WorkQueue } from '../../app/work-queue.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { stillClock } from '../http/service.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: GrpcServer;
  readonly address: string;
  readonly registry: Registry;
  readonly logLines: object[];
  isServing: boolean;
}

export async function openGrpc(
  services: readonly Service[] = [timeService(stillClock, parseZone('UTC'))],
  limit = new ConnectionLimit(),
): Promise<TestServer> {
  const registry = new Registry();
  const logLines: object[] = [];
  const logger = pino({ level: 'debug' }, { write: (line) => logLines.push(JSON.parse(line) as object) });
  const observers = {
    metrics: new RequestMetrics(registry, GRPC_METRICS),
    logger,
    tracing: undefined,
    slowRequestMs: 1000,
  };
  const isServing = () => test.isServing;
  const server = await GrpcServer.open(services, isServing, observers, {
    host: '127.0.0.1',
    port: 0,
    queue: new WorkQueue(),
    limit,
  });
  const test: TestServer = {
    server,
    address: `127.0.0.1:${server.port}`,
    registry,
    logLines,
    isServing: true,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return test;
}

type Method = Pick<DescMethod, 'input' | 'output' | 'name' | 'parent'>;

/** What an answer came with. */
export interface Answered<Output extends DescMessage> {
  readonly message: MessageShape<Output>;
  readonly metadata: Metadata;
}

/** A client of its own connection. */
export class TestClient implements Disposable {
  readonly #client: Client;

  constructor(address: string, options: ChannelOptions = {}) {
    // Without a pool of its own a client would share the connection of another to the same address.
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
  }

  async call<Of extends Method>(
    method: Of,
    request: MessageInitShape<Of['input']>,
    options: CallOptions & { metadata?: Metadata } = {},
  ): Promise<MessageShape<Of['output']>> {
    return (await this.ask(method, request, options)).message;
  }

  ask<Of extends Method>(
    method: Of,
    request: MessageInitShape<Of['input']>,
    { metadata = new Metadata(), ...options }: CallOptions & { metadata?: Metadata } = {},
  ): Promise<Answered<Of['output']>> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered<Of['output']>>();
    let received = new Metadata();
    this.#client
      .makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (message: MessageShape<Of['input']>) => Buffer.from(toBinary(method.input, message)),
        (bytes: Buffer) => fromBinary(method.output, bytes) as MessageShape<Of['output']>,
        create(method.input, request) as MessageShape<Of['input']>,
        metadata,
        options,
        (error, message) => {
          if (message === undefined) reject(error ?? new Error('Neither an answer nor an error'));
          else resolve({ message, metadata: received });
        },
      )
      .once('metadata', (initial: Metadata) => (received = initial));
    return promise;
  }

  open<Of extends Method>(
    method: Of,
    request: MessageInitShape<Of['input']>,
    options: CallOptions = {},
  ): ClientReadableStream<MessageShape<Of['output']>> {
    return this.#client.makeServerStreamRequest(
      `/${method.parent.typeName}/${method.name}`,
      (message: MessageShape<Of['input']>) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes) as MessageShape<Of['output']>,
      create(method.input, request) as MessageShape<Of['input']>,
      new Metadata(),
      options,
    );
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** The fields that the details of an error name. */
export function blamedFields(error: ServiceError): string[] {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) return [];
  return fromBinary(StatusSchema, bytes).details.flatMap(({ value }) =>
    fromBinary(BadRequestSchema, value).fieldViolations.map(({ field }) => field),
  );
}
