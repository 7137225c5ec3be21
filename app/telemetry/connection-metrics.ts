/** The metrics of the connections to the public ports. */
import { Counter, Gauge, type Registry } from 'prom-client';

import type { ConnectionLimit } from '../connection-limit.ts';
import { CONNECTION_METRICS } from './metric-names.ts';

export function registerConnectionMetrics(registry: Registry, limit: ConnectionLimit): void {
  new Gauge({
    ...CONNECTION_METRICS.open,
    help: 'Connections to the public ports.',
    registers: [registry],
    collect() {
      this.set(limit.open);
    },
  });
  new Counter({
    ...CONNECTION_METRICS.refused,
    help: 'Connections that were closed because there were too many.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(limit.refused);
    },
  });
}
