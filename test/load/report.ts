/** What a load came to. */
export interface LoadReport {
  readonly requests: number;
  /** Requests without an answer, and answers that are not good: HTTP's other than 2xx. */
  readonly failed: number;
  /** How many answers had each status. */
  readonly answers: Readonly<Record<string, number>>;
  /** How many requests ended with each error in the place of an answer. */
  readonly errors: Readonly<Record<string, number>>;
  /** Opened by those clients that can tell: HTTP's. */
  readonly connections: number;
  readonly durationMs: number;
  /** The longest time without a good answer. */
  readonly longestGapMs: number;
  /** Of good answers, corrected for coordinated omission. */
  readonly latencyMs: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>;
}

export function formatReport(report: LoadReport): string {
  const { requests, failed, answers, errors, connections, durationMs, longestGapMs, latencyMs } = report;
  const seconds = durationMs / 1000;
  return [
    `${requests} requests in ${seconds.toFixed(1)} s (${Math.round(requests / seconds)}/s), ${failed} failed`,
    `answers  ${formatCounts(answers)}`,
    `errors   ${formatCounts(errors)}`,
    ...(connections > 0 ? [`opened   ${connections} connections`] : []),
    `gap      ${longestGapMs.toFixed(1)} ms at the longest`,
    `latency  ${formatNumbers(latencyMs)} ms, corrected for coordinated omission`,
  ].join('\n');
}

function formatCounts(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).map(([name, count]) => `${name}: ${count}`);
  return entries.join(', ') || 'none';
}

function formatNumbers(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ');
}
