/**
 * What is computed once and asked for often: the error budget looks back three days, and over two series it can. Rates are
 * of five minutes; longer windows are averages of them, which weigh every request alike.
 */
import {
  CLOCK_METRICS,
  type DURATION_BUCKETS_SECONDS,
  GRPC_METRICS,
  HTTP_METRICS,
  metric,
  PEER_METRICS,
} from '../../app/telemetry/metric-names.ts';
import type { Environment } from '../environments.ts';
import { bucketsOf, countOf, INSTALL, OWN_NODE, selectFrom } from './query.ts';

/** An answer that takes longer is slow. */
export const SLOW_SECONDS = 0.025 satisfies (typeof DURATION_BUCKETS_SECONDS)[number];

/** Answers that are the service's fault. 501 says that the caller's method does not exist. */
const FAILED_STATUS = { status: '=~5.[^1]' };
/** UNAVAILABLE is not among them: so end streams whose pod is replaced, and the callers of those ask again. */
const FAILED_CODE = { code: '=~UNKNOWN|INTERNAL|DATA_LOSS' };

export const RECORDED = {
  requests: metric('time_service:requests:rate5m'),
  failures: metric('time_service:failures:rate5m'),
  timed: metric('time_service:timed_requests:rate5m'),
  slow: metric('time_service:slow_requests:rate5m'),
  /** By how much the clocks of a pod's node and of a peer are apart at least. */
  skew: metric('time_service:peer_skew:seconds'),
  /** Which part of the nodes that ask a node find it apart by more than is tolerated; absent where none does. */
  apart: metric('time_service:peers_apart:ratio'),
  /** Whether the clock of a node is synchronised. */
  synchronized: metric('time_service:node_synchronized:bool'),
} as const;

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

export function recordingsOf(environment: Environment): Recording[] {
  const select = selectFrom(environment);
  const sum = (...rates: string[]) => `sum by (${INSTALL}) (${rates.map((of) => `rate(${of}[5m])`).join(' or ')})`;
  const fast = { le: String(SLOW_SECONDS) };
  const expressions: Record<keyof typeof RECORDED, string> = {
    requests: sum(select(HTTP_METRICS.requests), select(GRPC_METRICS.requests)),
    // Where nothing has failed yet there is no series, and none is not 0.
    failures:
      sum(select(HTTP_METRICS.requests, FAILED_STATUS), select(GRPC_METRICS.requests, FAILED_CODE)) +
      ` or 0 * ${select(RECORDED.requests)}`,
    // The two are told apart by their names alone, which a rate has lost.
    timed: `${sum(select(countOf(HTTP_METRICS)))} + ${sum(select(countOf(GRPC_METRICS)))}`,
    slow: `${select(RECORDED.timed)} - ${sum(select(bucketsOf(HTTP_METRICS), fast))} - ${sum(select(bucketsOf(GRPC_METRICS), fast))}`,
    skew: `clamp_min(abs(${select(PEER_METRICS.offset)}) - ${select(PEER_METRICS.uncertainty)}, 0)`,
    apart:
      `count by (${INSTALL}, node) (${select(RECORDED.skew)} > on (${INSTALL}, pod) group_left () ${select(PEER_METRICS.tolerance)})` +
      ` / count by (${INSTALL}, node) (${select(RECORDED.skew)})`,
    synchronized: `max by (${INSTALL}, ${OWN_NODE}) (${select(CLOCK_METRICS.state, { state: 'synchronized' })})`,
  };
  return Object.entries(RECORDED).map(([key, { name: record }]) => ({
    record,
    expr: expressions[key as keyof typeof RECORDED],
  }));
}
