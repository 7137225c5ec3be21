/**
 * The arithmetic of four timestamps (RFC 5905, section 8): a question leaves at t1 and its answer arrives at t4, both of
 * the asker's clock; it arrived at t2 and the answer left at t3, both of the other's. How the delay splits between the two
 * ways cannot be known, but no way takes less than no time: that bounds the offset without any assumption of symmetry.
 */

import { growInterval, type Interval } from './interval.ts';

/** The four timestamps, in nanoseconds. */
export interface Exchange {
  readonly t1Ns: bigint;
  readonly t2Ns: bigint;
  readonly t3Ns: bigint;
  readonly t4Ns: bigint;
}

/** The other clock minus one's own: the likeliest value, and the ends it cannot be beyond. */
export interface Offset {
  readonly offsetNs: bigint;
  readonly lowNs: bigint;
  readonly highNs: bigint;
  /** The time that both ways took together: the width of the interval. */
  readonly delayNs: bigint;
}

/** @returns undefined where the timestamps contradict each other: an answer that took less than no time */
export function measureOffset({ t1Ns, t2Ns, t3Ns, t4Ns }: Exchange): Offset | undefined {
  const lowNs = t3Ns - t4Ns;
  const highNs = t2Ns - t1Ns;
  const delayNs = highNs - lowNs;
  if (delayNs < 0n || t3Ns < t2Ns || t4Ns < t1Ns) return undefined;
  return { offsetNs: (lowNs + highNs) / 2n, lowNs, highNs, delayNs };
}

/**
 * What an exchange with another clock says of true time.
 *
 * @param exchange t1 and t4 by the monotonic clock, t2 and t3 by the other clock
 * @param boundNs how wrong the other clock can be
 * @returns true time minus the monotonic clock at t4, or undefined where the timestamps contradict each other
 */
export function boundTruth(exchange: Exchange, boundNs: bigint): Interval | undefined {
  const offset = measureOffset(exchange);
  if (!offset) return undefined;
  const interval = { lowNs: offset.lowNs - boundNs, highNs: offset.highNs + boundNs };
  return growInterval(interval, exchange.t4Ns - exchange.t1Ns);
}
