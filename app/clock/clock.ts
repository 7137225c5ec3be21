/**
 * What the rest of the service knows of the clock: one call that gives an instant and how wrong it can be.
 */

/**
 * What the interval is worth: `synchronized` (the bound comes from a disciplined clock), `free-running` (it was
 * disciplined, and the bound grows with drift since), `unsynchronized` (nothing disciplines it), `unknown` (it cannot be
 * told).
 */
export type ClockState = 'synchronized' | 'free-running' | 'unsynchronized' | 'unknown';

/** One reading of the clock. All instants are nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. */
export interface ClockReading {
  readonly epochNs: bigint;
  readonly state: ClockState;
  /** Half the width of the interval that holds true time; null where no bound can be given. */
  readonly boundNs: bigint | null;
  /** The ends of that interval; null where no bound can be given. */
  readonly earliestNs: bigint | null;
  readonly latestNs: bigint | null;
}

/** A source of readings. An answer reads its clock at most once. */
export interface Clock {
  now(): ClockReading;
}

/** The wall clock, of which nothing else is known. */
export const wallClock: Clock = {
  now: () => ({
    epochNs: Temporal.Now.instant().epochNanoseconds,
    state: 'unknown',
    boundNs: null,
    earliestNs: null,
    latestNs: null,
  }),
};
