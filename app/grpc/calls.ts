/**
 * Counts, times, logs and traces every call. It looks at the HTTP/2 stream and not from an interceptor, because grpc-js
 * answers much without asking interceptors: unknown methods, deadlines that pass, messages that are too large.
 */
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import { status } from '@grpc/grpc-js';
import type { Logger } from 'pino';

import { REQUEST_ID } from './service.ts';
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

/**
 * @param isStream by the path of each method there is, whether its answer is a stream; other paths are counted as one
 */
export function observeCalls(
  server: Http2Server,
  isStream: ReadonlyMap<string, boolean>,
  { metrics, logger, tracing, slowRequestMs }: Observers,
): void {
  // Before grpc-js, so that the handler finds the call's id among the metadata.
  server.prependListener('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const startMs = performance.now();
    const path = headers[':path'] ?? '';
    const streams = isStream.get(path);
    const method = streams === undefined ? 'other' : path.slice(1);
    const parent = readTraceParent(headers['traceparent'] as string | undefined);
    headers[REQUEST_ID] = parent.traceId;
    metrics.begin();
    stream.once('close', () => {
      const durationMs = performance.now() - startMs;
      const code = codeOf(stream);
      const codeName = status[code] ?? 'other';
      // How long a stream was open says nothing of how quickly it was answered.
      const seconds = streams ? undefined : durationMs / 1000;
      metrics.end(`${method} ${codeName}`, () => ({ method, code: codeName }), seconds);

      const failed = FAULTS.has(code);
      const level = failed ? 'error' : !streams && durationMs > slowRequestMs ? 'warn' : 'debug';
      if (logger.isLevelEnabled(level)) {
        logger[level]({ requestId: parent.traceId, method, code: codeName, durationMs }, 'answered');
      }
      tracing?.record({
        parent,
        name: method,
        durationMs,
        failed,
        attributes: { 'rpc.system': 'grpc', 'rpc.method': method, 'rpc.grpc.status_code': code },
      });
    });
  });
}

/** The code that was sent; a stream that ended before that was ended by the caller. */
function codeOf(stream: ServerHttp2Stream): number {
  // Node's types say that headers were sent; a caller may be gone before that.
  const headers = stream.sentHeaders as typeof stream.sentHeaders | undefined;
  return Number(stream.sentTrailers?.[GRPC_STATUS] ?? headers?.[GRPC_STATUS] ?? status.CANCELLED);
}
