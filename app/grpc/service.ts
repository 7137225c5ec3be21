/**
 * Between the services that protobuf-es describes and the server of grpc-js: a handler gets a message and returns one, and
 * what it throws becomes a status.
 */
import type { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2';
import { Metadata, status } from '@grpc/grpc-js';
import type {
  handleUnaryCall,
  MethodDefinition,
  Server,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';

import { CallError, describeError } from './status.ts';
import { readTraceParent } from '../telemetry/trace-parent.ts';
import type { WorkQueue } from '../work-queue.ts';

/** The metadata that tells a caller the id of its call. */
export const REQUEST_ID = 'x-request-id';

/** The metadata in which a caller says which trace a call belongs to. */
export const TRACEPARENT = 'traceparent';

type Handler<Method extends Pick<DescMethod, 'input' | 'output' | 'methodKind'>> = Method['methodKind'] extends 'unary'
  ? (request: MessageShape<Method['input']>) => MessageInitShape<Method['output']>
  : Method['methodKind'] extends 'server_streaming'
    ? (call: ServerWritableStream<MessageShape<Method['input']>, MessageShape<Method['output']>>) => void
    : (call: ServerDuplexStream<MessageShape<Method['input']>, MessageShape<Method['output']>>) => void;

/** What the methods of a service do: a unary one returns its answer or throws, the others are given the call. */
export type Handlers<Methods extends GenServiceMethods> = {
  readonly [Name in keyof Methods]: Handler<Methods[Name]>;
};

/** A service and what answers for it. */
export interface Service {
  readonly descriptor: DescService;
  readonly handlers: Readonly<Record<string, unknown>>;
  /** The unary methods that are answered as they come, though others wait for their part of a turn. */
  readonly atOnce?: readonly string[];
  /** Ends the open streams, spread over a time, because the server is about to close. */
  readonly endStreams?: (spreadMs: number) => void;
}

export function defineService<Methods extends GenServiceMethods>(
  descriptor: GenService<Methods>,
  handlers: Handlers<Methods>,
  options: Pick<Service, 'endStreams'> & { readonly atOnce?: readonly (keyof Methods & string)[] } = {},
): Service {
  return { descriptor, handlers, ...options };
}

/**
 * Has a server answer for a service.
 *
 * @param queue where unary calls wait for their part of a turn; one whose deadline passes meanwhile is not worked on
 */
export function addService(
  server: Server,
  { descriptor, handlers, atOnce = [] }: Service,
  { logger, queue }: { logger: Logger; queue: WorkQueue },
): void {
  const definition: Record<string, MethodDefinition<unknown, unknown>> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const method of descriptor.methods) {
    definition[method.localName] = defineMethod(descriptor, method);
    const handler = handlers[method.localName];
    if (method.methodKind === 'unary') {
      const answer = answerUnary(method, handler as UnaryHandler, logger);
      implementation[method.localName] = atOnce.includes(method.localName) ? answer : answerInPortions(queue, answer);
    } else {
      implementation[method.localName] = answerStream(handler as (call: Stream) => void, logger);
    }
  }
  server.addService(definition, implementation);
}

/** How a method is called, as grpc-js has it. */
export function defineMethod(service: DescService, method: DescMethod): MethodDefinition<unknown, unknown> {
  return {
    path: pathOf(service, method),
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: serializer(method.input),
    requestDeserialize: requestReader(method.input),
    responseSerialize: serializer(method.output),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

export function pathOf(service: DescService, method: DescMethod): string {
  return `/${service.typeName}/${method.name}`;
}

/** Stands for bytes that are no request: what a reader throws grpc-js answers INTERNAL, as if the fault were ours. */
class UnreadableRequest {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

function requestReader(message: DescMessage): (bytes: Buffer) => unknown {
  return (bytes) => {
    try {
      return fromBinary(message, bytes);
    } catch {
      return new UnreadableRequest(message.typeName);
    }
  };
}

/** @throws CallError (INVALID_ARGUMENT) for bytes that are no request */
function refuseUnreadable(request: unknown): void {
  if (!(request instanceof UnreadableRequest)) return;
  throw new CallError(status.INVALID_ARGUMENT, `Expected a ${request.expected}, got bytes that are none`);
}

function serializer(message: DescMessage): (value: unknown) => Buffer {
  return (value) => {
    const bytes = toBinary(message, value as MessageShape<DescMessage>);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

type UnaryHandler = (request: unknown) => MessageInitShape<DescMessage>;

function answerUnary(method: DescMethod, handle: UnaryHandler, logger: Logger): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    const [traceparent] = call.metadata.get(TRACEPARENT);
    if (traceparent !== undefined) sendId(call);
    let answer: MessageShape<DescMessage>;
    try {
      refuseUnreadable(call.request);
      answer = create(method.output, handle(call.request));
    } catch (error) {
      callback(reportError(error, sendId(call), logger));
      return;
    }
    callback(null, answer);
  };
}

/** grpc-js hands over all calls that came in one piece within one turn. */
function answerInPortions(
  queue: WorkQueue,
  answer: handleUnaryCall<unknown, unknown>,
): handleUnaryCall<unknown, unknown> {
  return (call, callback) =>
    queue.do(
      () => {
        // Who has left while it waited needs no answer.
        if (!call.cancelled) answer(call, callback);
      },
      () => sessionOf(call),
    );
}

/** The connection of a call. grpc-js tells only its peer's address, as a new text each time. */
function sessionOf(call: ServerUnaryCall<unknown, unknown>): object {
  const { stream } = (call as unknown as { readonly call: { readonly stream: ServerHttp2Stream } }).call;
  return stream.session ?? stream;
}

type Stream = ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>;

function answerStream(handle: (call: Stream) => void, logger: Logger): (call: Stream) => void {
  return (call) => {
    const id = sendId(call);
    try {
      if ('request' in call) refuseUnreadable(call.request);
      handle(call);
    } catch (error) {
      call.emit('error', reportError(error, id, logger));
    }
  };
}

/** Takes the requests of a stream, until it ends; one that cannot be read ends it. */
export function takeRequests<Request>(
  call: ServerDuplexStream<Request, unknown>,
  take: (request: Request) => void,
): void {
  call.on('data', (request: Request) => {
    if (!call.writable) return;
    try {
      refuseUnreadable(request);
      take(request);
    } catch (error) {
      endStream(call, error);
    }
  });
}

/** Ends a stream with the status of an error; grpc-js takes it as an event. */
export function endStream(call: EventEmitter, error: unknown): void {
  call.emit('error', describeError(error));
}

/** Tells the caller the id of its call. An answer that nobody traces goes without: it is a tenth of the cost of one. */
function sendId(call: Pick<Stream, 'metadata' | 'sendMetadata'>): string {
  const [traceparent] = call.metadata.get(TRACEPARENT);
  const { traceId } = readTraceParent(traceparent?.toString());
  const metadata = new Metadata();
  metadata.set(REQUEST_ID, traceId);
  call.sendMetadata(metadata);
  return traceId;
}

function reportError(error: unknown, requestId: string, logger: Logger): StatusObject {
  const statusObject = describeError(error);
  if (statusObject.code === status.INTERNAL) logger.error({ err: error, requestId }, 'unforeseen failure');
  return statusObject;
}
