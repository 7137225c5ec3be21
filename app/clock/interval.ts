/**
 * Intervals that hold true time. They are kept as `true time − monotonic clock`: a step of the wall clock moves none of
 * them, so what was known before it stays known, and only drift wears it out.
 */

/** How far the monotonic clock may run from true time: crystals are sold to 50 ppm, and heat, age and calibration add. */
export const MAX_DRIFT_PPM = 200;

/** Both ends belong to it. Nanoseconds of `true time − monotonic clock`. */
export interface Interval {
  readonly lowNs: bigint;
  readonly highNs: bigint;
}

/** What an interval is worth once time has passed since it was measured. */
export function growInterval({ lowNs, highNs }: Interval, elapsedNs: bigint): Interval {
  const growthNs = driftOver(elapsedNs);
  return { lowNs: lowNs - growthNs, highNs: highNs + growthNs };
}

/** How far the monotonic clock can have drifted in a time, rounded up. */
export function driftOver(elapsedNs: bigint): bigint {
  return BigInt(Math.ceil((Number(elapsedNs) * MAX_DRIFT_PPM) / 1e6));
}

/** The smallest interval that holds all of the given ones. */
export function hullOf([first, ...others]: readonly [Interval, ...Interval[]]): Interval {
  let { lowNs, highNs } = first;
  for (const other of others) {
    if (other.lowNs < lowNs) lowNs = other.lowNs;
    if (other.highNs > highNs) highNs = other.highNs;
  }
  return { lowNs, highNs };
}

export function shiftInterval({ lowNs, highNs }: Interval, byNs: bigint): Interval {
  return { lowNs: lowNs + byNs, highNs: highNs + byNs };
}

export function overlap(one: Interval, other: Interval): boolean {
  return one.lowNs <= other.highNs && other.lowNs <= one.highNs;
}
