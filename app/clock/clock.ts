/**
 * What the rest of the service knows of the clock: one call that gives an instant and how wrong it can be.
 *
 * `earliestNs` and `latestNs` hold true time at an instant within the call, as long as the inputs are right: fewer than
 * half of the sources lie, each bound is right when it is read, and the monotonic clock keeps within MAX_DRIFT_PPM. So of a
 * time t in the past of `earliestNs` it is sure that it has passed, and of one in the future of `latestNs` that it has not.
 * `epochNs` is what the machine's wall clock says. It is not monotone, and where the sources contradict it, it lies outside
 * of the interval; `boundNs` counts that in.
 */

/**
 * What the interval is worth: `synchronized` (a disciplined clock or references give it at present), `free-running` (they
 * gave it once, and it grows with drift since), `unsynchronized` (nothing disciplines the clock, or the sources contradict
 * each other without a majority), `unknown` (it cannot be told).
 */
export type ClockState = 'synchronized' | 'free-running' | 'unsynchronized' | 'unknown';

/** One reading of the clock. All instants are nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. */
export interface ClockReading {
  readonly epochNs: bigint;
  readonly state: ClockState;
  /** How far true time can be from `epochNs`; null where no bound can be given. */
  readonly boundNs: bigint | null;
  /** The ends of the interval that holds true time; null where no bound can be given. */
  readonly earliestNs: bigint | null;
  readonly latestNs: bigint | null;
}

/** A source of readings. An answer reads its clock at most once. */
export interface Clock {
  now(): ClockReading;
}
