/**
 * Counts, times, logs and traces every call. It looks at the HTTP/2 stream and not from an interceptor, because grpc-js
 * answers much without asking interceptors: unknown methods, deadlines that pass, messages that are too large.
 */
import type { Http2Server, IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import { status } from '@grpc/grpc-js';
import type { Logger } from 'pino';

import { REQUEST_ID, TRACEPARENT } from './service.ts';
import type { RequestMetrics } from '../telemetry/request-metrics.ts';
import { readTraceParent } from '../telemetry/trace-parent.ts';
import type { Tracing } from '../telemetry/tracing.ts';

export interface Observers {
  readonly metrics: RequestMetrics<'method' | 'code'>;
  readonly logger: Logger;
  readonly tracing: Tracing | undefined;
  /** A call that takes longer than this is logged as a warning, unless it is a stream. */
  readonly slowRequestMs: number;
}

/** Codes that tell of a fault of the server's own. */
const FAULTS = new Set<number>([status.UNKNOWN, status.INTERNAL, status.DATA_LOSS]);

const GRPC_STATUS = 'grpc-status';
const GRPC_MESSAGE = 'grpc-message';

/**
 * What grpc-js answers INTERNAL though the fault is the caller's, as it says it (percent-encoded): a stranger's bytes are
 * no reason to wake anybody.
 */
const CALLERS_FAULTS = /^(?:Failed%20to%20decompress%20message$|Invalid%20grpc-timeout%20value%20)/;

/** What is counted of a method: its labels are made once, and not for each call. */
interface CountedMethod {
  readonly name: string;
  readonly isStream: boolean;
  /** By code, what {@link RequestMetrics} tells kinds of requests apart by. */
  readonly keys: readonly string[];
}

const CODES = Object.keys(status).filter((name) => !/^\d/.test(name));

function countMethod(name: string, isStream: boolean): CountedMethod {
  return { name, isStream, keys: CODES.map((_, code) => `${name} ${status[code]}`) };
}

/** @param isStream by the path of each method there is, whether its answer is a stream; other paths are counted as one */
export function observeCalls(
  server: Http2Server,
  isStream: ReadonlyMap<string, boolean>,
  { metrics, logger, tracing, slowRequestMs }: Observers,
): void {
  const methods = new Map(Array.from(isStream, ([path, streams]) => [path, countMethod(path.slice(1), streams)]));
  const others = countMethod('other', false);

  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const startMs = performance.now();
    metrics.begin();
    stream.on('close', () => {
      const durationMs = performance.now() - startMs;
      const method = methods.get(headers[':path'] ?? '') ?? others;
      const { name, isStream: streams } = method;
      const code = codeOf(stream);
      const labels = () => ({ method: name, code: status[code] as string });
      // How long a stream was open says nothing of how quickly it was answered.
      metrics.end(method.keys[code] ?? name, labels, streams ? undefined : durationMs / 1000);

      const failed = FAULTS.has(code);
      const level = failed ? 'error' : !streams && durationMs > slowRequestMs ? 'warn' : 'debug';
      if (!tracing && !logger.isLevelEnabled(level)) return;
      const parent = readTraceParent(headers[TRACEPARENT] as string | undefined);
      const requestId = sentHeadersOf(stream)?.[REQUEST_ID] ?? parent.traceId;
      logger[level]({ requestId, method: name, code: status[code], durationMs }, 'answered');
      tracing?.record({
        parent: { ...parent, traceId: String(requestId) },
        name,
        durationMs,
        failed,
        attributes: { 'rpc.system': 'grpc', 'rpc.method': name, 'rpc.grpc.status_code': code },
      });
    });
  });
}

/** What a call is counted as: the code that was sent; a stream that ended before that was ended by the caller. */
function codeOf(stream: ServerHttp2Stream): number {
  const sent = stream.sentTrailers ?? sentHeadersOf(stream);
  const code = Number(sent?.[GRPC_STATUS] ?? status.CANCELLED);
  const isCallersFault = FAULTS.has(code) && CALLERS_FAULTS.test(String(sent?.[GRPC_MESSAGE]));
  return isCallersFault ? status.INVALID_ARGUMENT : code;
}

/** Node's types say that headers were sent; a caller may be gone before that. */
function sentHeadersOf(stream: ServerHttp2Stream): OutgoingHttpHeaders | undefined {
  return stream.sentHeaders;
}
