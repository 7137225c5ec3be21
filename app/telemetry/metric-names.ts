/**
 * What the metrics and their labels are called: the one place, because others watch them. The alerts and the dashboard of
 * infra/monitoring ask for metrics by this record, so that one which is renamed fails the type check and not the alert.
 */

const A_CODE = 97;

/** A metric's name and labels, as prom-client takes them. */
export interface MetricName<Label extends string = string> {
  readonly name: string;
  readonly labelNames: readonly Label[];
}

export function metric<const Labels extends readonly string[]>(
  name: string,
  ...labelNames: Labels
): MetricName<Labels[number]> {
  return { name, labelNames };
}

export const CLOCK_METRICS = {
  bound: metric('time_service_clock_bound_seconds'),
  state: metric('time_service_clock_state', 'state'),
  steps: metric('time_service_clock_steps_total', 'direction'),
  lastStep: metric('time_service_clock_last_step_seconds'),
  kernelMaxError: metric('time_service_kernel_max_error_seconds'),
  sourceOffset: metric('time_service_clock_source_offset_seconds', 'source', 'end'),
  sourceVerdict: metric('time_service_clock_source_verdict', 'source', 'verdict'),
} as const;

export const PEER_METRICS = {
  offset: metric('time_service_peer_offset_seconds', 'node'),
  uncertainty: metric('time_service_peer_uncertainty_seconds', 'node'),
  delay: metric('time_service_peer_delay_seconds', 'node'),
  silent: metric('time_service_peer_silent', 'node'),
  tolerance: metric('time_service_peer_tolerance_seconds'),
  outvoted: metric('time_service_outvoted'),
  exchanges: metric('time_service_peer_exchanges_total', 'result'),
} as const;

export const CONNECTION_METRICS = {
  open: metric('time_service_connections'),
  refused: metric('time_service_connections_refused_total'),
} as const;

/** The metrics of one protocol's requests. */
function requestMetrics<const Labels extends readonly string[]>(protocol: string, ...labelNames: Labels) {
  return {
    requests: metric(`${protocol}_requests_total`, ...labelNames),
    inFlight: metric(`${protocol}_requests_in_flight`),
    duration: metric(`${protocol}_request_duration_seconds`),
  } as const;
}

export const HTTP_METRICS = requestMetrics('http', 'route', 'method', 'status');
export const GRPC_METRICS = requestMetrics('grpc', 'method', 'code');

/** The names of one protocol's metrics, by the labels that tell kinds of requests apart. */
export type RequestMetricNames<Label extends string> = {
  readonly requests: MetricName<Label>;
  readonly inFlight: MetricName<never>;
  readonly duration: MetricName<never>;
};

/** Answers take tens of microseconds; the buckets are fit to tell 100 µs from 250 µs, and a second from ten. */
export const DURATION_BUCKETS_SECONDS = [
  0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 10,
] as const;

export const PROCESS_METRICS = {
  build: metric('time_service_build_info', 'version', 'revision'),
  tzdb: metric('time_service_tzdb_info', 'version'),
  tzdbRelease: metric('time_service_tzdb_release'),
  /** prom-client's own. */
  startTime: metric('process_start_time_seconds'),
} as const;

/** A release of the tz database as a number, so that an alert can compare two: 2026c is 2026.03. */
export function releaseNumber(release: string): number {
  return Number(release.slice(0, 4)) + ((release.codePointAt(4) ?? 0) - A_CODE + 1) / 100;
}
