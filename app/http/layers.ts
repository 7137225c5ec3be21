/** The layers around the router, from the outermost: observe, refuse what cannot be served, recover from errors. */
import type Koa from 'koa';
import type { Logger } from 'pino';

import type { Answer, Answering } from './answer.ts';
import { whenAnswered, type Layer } from './application.ts';
import { describeError, HttpError } from './problem.ts';
import type { RoutedState } from './router.ts';
import type { RequestMetrics } from '../telemetry/request-metrics.ts';
import { readTraceParent } from '../telemetry/trace-parent.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';

/** Methods that may stand in a metric; a stranger's own words would make series without end. */
const COUNTED_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']);

const COMMON_HEADERS = [
  'X-Content-Type-Options',
  'nosniff',
  'Access-Control-Allow-Origin',
  '*',
  'Tzdb-Version',
  TZDB_VERSION,
] as const;

export type HttpMetrics = RequestMetrics<'route' | 'method' | 'status'>;

export interface Observers {
  readonly metrics: HttpMetrics;
  readonly logger: Logger;
  readonly tracing: Tracing | undefined;
  /** A request that takes longer than this is logged as a warning. */
  readonly slowRequestMs: number;
  /** How long the request that is being answered has waited for its turn. */
  readonly waitedMs: () => number;
}

/** Counts, times, logs and traces every request, and gives its answer the request's id. */
export function observeRequests({ metrics, logger, tracing, slowRequestMs, waitedMs }: Observers): Layer {
  return (ctx, next) => {
    // In overload that is most of what its caller waits for.
    const startMs = performance.now() - waitedMs();
    const parent = readTraceParent(ctx.headers['traceparent'] as string | undefined);
    metrics.begin();
    return whenAnswered(next(), (answer) => {
      const durationMs = performance.now() - startMs;
      const { status } = answer;
      const route = (ctx.state as RoutedState).route ?? 'none';
      const method = COUNTED_METHODS.has(ctx.method) ? ctx.method : 'other';
      metrics.end(`${route} ${method} ${status}`, () => ({ route, method, status: String(status) }), durationMs / 1000);

      const level = levelOf(status, durationMs > slowRequestMs);
      if (logger.isLevelEnabled(level)) {
        logger[level]({ requestId: parent.traceId, method, route, status, durationMs }, 'answered');
      }
      tracing?.record({
        parent,
        name: `${method} ${route}`,
        durationMs,
        failed: isFault(status),
        attributes: { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status },
      });
      return { ...answer, headers: [...answer.headers, ...COMMON_HEADERS, 'X-Request-Id', parent.traceId] };
    });
  };
}

function levelOf(status: number, isSlow: boolean): 'error' | 'warn' | 'debug' {
  // In overload a line for each request that is refused would be more work; the metrics count them.
  if (status === 503) return 'debug';
  if (isFault(status)) return 'error';
  return isSlow ? 'warn' : 'debug';
}

/** Whether a status tells of a fault of the service's own. 501 says that the caller's method does not exist. */
function isFault(status: number): boolean {
  return status >= 500 && status !== 501;
}

/** Turns what is thrown further in into an answer, `null` and rejected promises included. */
export function recoverErrors(logger: Logger): Layer {
  const recover = (error: unknown): Answer => {
    const answer = describeError(error);
    if (isFault(answer.status) && !(error instanceof HttpError)) logger.error({ err: error }, 'unforeseen failure');
    return answer;
  };
  return (_ctx, next) => {
    let answering: Answering;
    try {
      answering = next();
    } catch (error) {
      return recover(error);
    }
    return answering instanceof Promise ? answering.catch(recover) : answering;
  };
}

/** Refuses a target without a path, before a layer asks for one: Koa finds null there, or throws. */
export function refuseTargets(): Layer {
  return (ctx, next) => {
    if (hasPath(ctx)) return next();
    throw new HttpError(400, `Expected a target with a path, got ${JSON.stringify(ctx.url.slice(0, 64))}`);
  };
}

function hasPath(ctx: Koa.Context): boolean {
  try {
    return typeof ctx.path === 'string';
  } catch {
    return false;
  }
}

/** The longest request target that is read: fifty of the longest zone names fit. */
const LONGEST_TARGET = 4096;

/** Refuses what Node lets pass although RFC 9112 does not, and what is too long to be meant. */
export function refuseMalformed(): Layer {
  return (ctx, next) => {
    const { rawHeaders, headers, url = '' } = ctx.req;
    let hosts = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index];
      if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
    }
    if (hosts > 1) throw new HttpError(400, `Expected one Host header, got ${hosts}`);
    // Node reads any word that ends in "chunked" as chunked; a proxy that does not would see another request behind this one.
    const coding = headers['transfer-encoding'];
    if (coding !== undefined && coding.toLowerCase() !== 'chunked') {
      throw new HttpError(400, `Expected no Transfer-Encoding but chunked, got ${JSON.stringify(coding.slice(0, 64))}`);
    }
    if (url.length > LONGEST_TARGET) {
      throw new HttpError(414, `Expected a target of at most ${LONGEST_TARGET} characters, got ${url.length}`);
    }
    return next();
  };
}

/** When requests are shed: an answer now that says "later" beats one that comes too late. */
export interface Shedding {
  /** How late the request is that is being answered. */
  readonly delayMs: () => number;
  readonly maxDelayMs: number;
}

/** Sheds requests that have waited too long. */
export function shedOverload({ delayMs, maxDelayMs }: Shedding): Layer {
  return (_ctx, next) => {
    const delay = delayMs();
    if (delay <= maxDelayMs) return next();
    throw new HttpError(
      503,
      `Expected a request to wait at most ${maxDelayMs} ms, got ${Math.round(delay)} ms; try again`,
      ['Retry-After', '1'],
    );
  };
}
