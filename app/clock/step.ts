/**
 * Steps of the wall clock, found against the monotonic clock, which no step moves. A daemon's slew moves the wall clock as
 * well, but not in a moment: what moves faster than it may slew is a step to everyone who reads the clock.
 */
import type { Moment } from './time-source.ts';

/** The smallest jump that counts: steps from 5 ms must be found, and reading jitters by far less than this. */
export const STEP_NS = 2_500_000n;

/** The kernel slews by at most 500 ppm, and the monotonic clock drifts the other way at worst. */
const SLEW_PPM = 1000n;

/** @returns by how much the wall clock was stepped between two moments, or 0n */
export function findStep(previous: Moment, next: Moment): bigint {
  const sizeNs = next.wallNs - next.beforeNs - (previous.wallNs - previous.beforeNs);
  const uncertaintyNs = previous.afterNs - previous.beforeNs + (next.afterNs - next.beforeNs);
  const slewNs = ((next.beforeNs - previous.beforeNs) * SLEW_PPM) / 1_000_000n;
  const toleranceNs = STEP_NS + slewNs + uncertaintyNs;
  return sizeNs > toleranceNs || sizeNs < -toleranceNs ? sizeNs : 0n;
}
