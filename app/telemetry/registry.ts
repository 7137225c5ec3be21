/** The metrics that belong to the process and not to a protocol. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

import { PROCESS_METRICS, releaseNumber } from './metric-names.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';

/**
 * Of prom-client's own metrics, those that cost many series, answer no question that an operator has, or have a bad name.
 * `process_cpu_user_seconds_total` stays: while it is read, `process_cpu_seconds_total` is counted, which is 0 without it.
 */
const LEFT_OUT = [
  'nodejs_gc_duration_seconds',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_active_resources',
  'nodejs_active_handles',
  'nodejs_active_requests',
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'process_cpu_system_seconds_total',
  'process_heap_bytes',
  'process_virtual_memory_bytes',
];

export function openRegistry({ version, revision }: { version: string; revision: string }): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  const info = { registers: [registry] };
  new Gauge({
    ...PROCESS_METRICS.build,
    help: 'Which build this is.',
    ...info,
  }).set({ version, revision }, 1);
  new Gauge({
    ...PROCESS_METRICS.tzdb,
    help: 'Which release of the tz database is in use.',
    ...info,
  }).set({ version: TZDB_VERSION }, 1);
  new Gauge({
    ...PROCESS_METRICS.tzdbRelease,
    help: 'That release as a number to compare: 2026c is 2026.03.',
    ...info,
  }).set(releaseNumber(TZDB_VERSION));
  return registry;
}
