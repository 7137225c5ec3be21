/**
 * What the clock is worth, as metrics. An alert on the kernel's own numbers fires for nonsense and is muted; these are the
 * bound that the service answers with, and what contradicts it.
 */
import { Counter, Gauge, type Registry } from 'prom-client';

import type { ClockState } from '../clock/clock.ts';
import type { HonestClock, Verdict } from '../clock/honest-clock.ts';
import { CLOCK_METRICS } from './metric-names.ts';

const STATES: readonly ClockState[] = ['synchronized', 'free-running', 'unsynchronized', 'unknown'];

const VERDICTS: readonly Verdict[] = ['agrees', 'contradicts', 'smeared', 'silent'];

/** Registers the metrics of a clock; they are read when they are scraped. */
export function registerClockMetrics(registry: Registry, clock: HonestClock): void {
  const registers = [registry];
  new Gauge({
    ...CLOCK_METRICS.bound,
    help: 'How far true time can be from the clock; absent where no bound is known.',
    registers,
    collect() {
      const { boundNs } = clock.now();
      // Without a label a gauge of prom-client is 0 until it is set, which would be the best of all bounds.
      this.remove();
      if (boundNs !== null) this.set(toSeconds(boundNs));
    },
  });
  new Gauge({
    ...CLOCK_METRICS.state,
    help: 'Which state the clock is in.',
    registers,
    collect() {
      const { state } = clock.now();
      for (const candidate of STATES) this.set({ state: candidate }, candidate === state ? 1 : 0);
    },
  });
  new Counter({
    ...CLOCK_METRICS.steps,
    help: 'Steps of the wall clock since the start.',
    registers,
    collect() {
      const { forward, backward } = clock.report().steps;
      this.reset();
      this.inc({ direction: 'forward' }, forward);
      this.inc({ direction: 'backward' }, backward);
    },
  });
  new Gauge({
    ...CLOCK_METRICS.lastStep,
    help: 'How far the last step set the wall clock forward; absent where there was none.',
    registers,
    collect() {
      const { last } = clock.report().steps;
      this.remove();
      if (last) this.set(toSeconds(last.sizeNs));
    },
  });
  new Gauge({
    ...CLOCK_METRICS.kernelMaxError,
    help: 'The maximal error that the time daemon tells the kernel; absent where it cannot be read.',
    registers,
    collect() {
      const { kernel } = clock.report();
      this.remove();
      if (kernel) this.set(toSeconds(kernel.maxErrorNs));
    },
  });
  new Gauge({
    ...CLOCK_METRICS.sourceOffset,
    help: 'The ends between which true time minus the clock lies by the word of one source.',
    registers,
    collect() {
      this.reset();
      for (const { name: source, offsetNs } of clock.report().sources) {
        if (!offsetNs) continue;
        this.set({ source, end: 'low' }, toSeconds(offsetNs.lowNs));
        this.set({ source, end: 'high' }, toSeconds(offsetNs.highNs));
      }
    },
  });
  new Gauge({
    ...CLOCK_METRICS.sourceVerdict,
    help: 'What the clock makes of each source.',
    registers,
    collect() {
      for (const { name: source, verdict } of clock.report().sources) {
        for (const candidate of VERDICTS) this.set({ source, verdict: candidate }, candidate === verdict ? 1 : 0);
      }
    },
  });
}

function toSeconds(ns: bigint): number {
  return Number(ns) / 1e9;
}
