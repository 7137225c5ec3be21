import assert from 'node:assert/strict';

import { Registry } from 'prom-client';

import { registerClockMetrics } from '../../app/telemetry/clock-metrics.ts';
import { Machine, SECOND, SYNCHRONIZED } from '../clock/machine.ts';

/** The lines of one scrape that are not comments. */
async function scrape(machine: Machine, act: (clock: ReturnType<Machine['openClock']>) => void = () => {}) {
  const registry = new Registry();
  const clock = machine.openClock({ references: ['a'] });
  registerClockMetrics(registry, clock);
  act(clock);
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the metrics of the clock', () => {
  it('tell the bound, the state, the sources, and steps by direction', async () => {
    const machine = new Machine();
    assert.deepEqual(await scrape(machine), [
      'time_service_clock_bound_seconds 0.002',
      'time_service_clock_state{state="synchronized"} 1',
      'time_service_clock_state{state="free-running"} 0',
      'time_service_clock_state{state="unsynchronized"} 0',
      'time_service_clock_state{state="unknown"} 0',
      'time_service_clock_steps_total{direction="forward"} 0',
      'time_service_clock_steps_total{direction="backward"} 0',
      'time_service_kernel_max_error_seconds 0.002',
      'time_service_clock_source_offset_seconds{source="kernel",end="low"} -0.002',
      'time_service_clock_source_offset_seconds{source="kernel",end="high"} 0.002',
      'time_service_clock_source_verdict{source="kernel",verdict="agrees"} 1',
      'time_service_clock_source_verdict{source="kernel",verdict="contradicts"} 0',
      'time_service_clock_source_verdict{source="kernel",verdict="smeared"} 0',
      'time_service_clock_source_verdict{source="kernel",verdict="silent"} 0',
      'time_service_clock_source_verdict{source="a",verdict="agrees"} 0',
      'time_service_clock_source_verdict{source="a",verdict="contradicts"} 0',
      'time_service_clock_source_verdict{source="a",verdict="smeared"} 0',
      'time_service_clock_source_verdict{source="a",verdict="silent"} 1',
    ]);
  });

  it('tell of a step', async () => {
    const machine = new Machine();
    const lines = await scrape(machine, (clock) => {
      machine.wallErrorNs = -SECOND;
      clock.sample();
    });
    assert.ok(lines.includes('time_service_clock_steps_total{direction="backward"} 1'));
    assert.ok(lines.includes('time_service_clock_last_step_seconds -1'));
  });

  it('leave out a bound that is not known, rather than call it 0', async () => {
    const machine = new Machine();
    machine.kernel = { ...SYNCHRONIZED, maxErrorNs: 16n * SECOND };
    const lines = await scrape(machine);
    assert.ok(!lines.some((line) => line.startsWith('time_service_clock_bound_seconds')));
    assert.ok(lines.includes('time_service_kernel_max_error_seconds 16'));
  });
});
