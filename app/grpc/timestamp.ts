/**
 * Instants on the wire. google.protobuf.Timestamp counts seconds and nanoseconds apart and ends at the years 1 and 9999;
 * inside the service an instant is one bigint and reaches further, so that both directions have something to refuse.
 */
import type { Timestamp } from '@bufbuild/protobuf/wkt';

import { ExpectationError } from '../zones/expectation.ts';
import { formatInstant } from '../zones/instant.ts';

const NS_PER_S = 1_000_000_000n;

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the first and the last second of a Timestamp. */
const FIRST_S = -62_135_596_800n;
const LAST_S = 253_402_300_799n;

/** The fields of a Timestamp, and of a Duration. */
type SecondsAndNanos = Pick<Timestamp, 'seconds' | 'nanos'>;

const EXPECTED = 'an instant from 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z';

/** Whether a Timestamp can hold an instant, as it can hold none after the year 9999. */
export function fitsTimestamp(epochNs: bigint): boolean {
  return epochNs >= FIRST_S * NS_PER_S && epochNs < (LAST_S + 1n) * NS_PER_S;
}

/** @throws ExpectationError for an instant that a Timestamp cannot hold */
export function toTimestamp(epochNs: bigint): SecondsAndNanos {
  // The nanoseconds of a Timestamp count forward, before 1970 too.
  const aheadNs = ((epochNs % NS_PER_S) + NS_PER_S) % NS_PER_S;
  const seconds = (epochNs - aheadNs) / NS_PER_S;
  if (seconds < FIRST_S || seconds > LAST_S) throw new ExpectationError(EXPECTED, formatInstant(epochNs));
  return { seconds, nanos: Number(aheadNs) };
}

/**
 * @returns nanoseconds since 1970
 * @throws ExpectationError when a field is out of its range
 */
export function fromTimestamp({ seconds, nanos }: Timestamp): bigint {
  if (seconds < FIRST_S || seconds > LAST_S || nanos < 0 || nanos > 999_999_999) {
    throw new ExpectationError(EXPECTED, `${seconds} s and ${nanos} ns since 1970`);
  }
  return seconds * NS_PER_S + BigInt(nanos);
}

/** Both fields have the sign of the duration, as BigInt's division gives them. */
export function toDuration(ns: bigint): SecondsAndNanos {
  return { seconds: ns / NS_PER_S, nanos: Number(ns % NS_PER_S) };
}
