/**
 * Adding a duration to a time, and measuring the time between two. In a zone a day may have 23 or 25 hours; Temporal's
 * ZonedDateTime counts calendar units on the zone's clocks and the others in elapsed time, which is RFC 5545's rule too.
 */
import { outOfRange, resolveTime, type Resolution } from './conversion.ts';
import { ExpectationError } from './expectation.ts';
import type { Time } from './instant.ts';
import { readZone, type ZoneReading } from './reading.ts';
import type { Zone } from './zone.ts';

export const UNITS = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds', 'milliseconds'] as const;

/** What the time between two instants is measured in, the largest unit that its duration uses. */
export type Unit = (typeof UNITS)[number];

/** Whether the length of a unit depends on the zone's calendar and clocks. */
export function isCalendarUnit(unit: Unit): boolean {
  return UNITS.indexOf(unit) <= UNITS.indexOf('days');
}

const LONGEST_DURATION = 64;

/**
 * @param text an ISO 8601 duration: `P1M`, `PT36H`, `-P1DT12H`
 * @throws ExpectationError for anything else
 */
export function parseDuration(text: string): Temporal.Duration {
  try {
    if (text.length <= LONGEST_DURATION) return Temporal.Duration.from(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ExpectationError('an ISO 8601 duration such as P1M or PT36H', text);
}

/** A time, and the time a duration later. */
export interface Sum {
  readonly start: Resolution;
  readonly end: ZoneReading;
}

/**
 * Adds a duration to a time on the clocks of a zone; a day of the month that does not exist becomes its last.
 *
 * @throws ExpectationError when the sum lies outside Temporal's range
 */
export function addDuration(time: Time, zone: Zone, duration: Temporal.Duration): Sum {
  const start = resolveTime(time, zone, 'compatible');
  try {
    const end = new Temporal.ZonedDateTime(start.chosen.epochNs, zone.id).add(duration);
    return { start, end: readZone(zone, end.epochNanoseconds) };
  } catch (error) {
    throw outOfRange(error, `${start.chosen.local} plus ${duration.toString()}`);
  }
}

/** The time between two times of one zone. */
export interface Difference {
  readonly from: Resolution;
  readonly to: Resolution;
  /** Balanced up to the unit, negative when `to` is before `from`: `P1M3DT2H`. */
  readonly duration: Temporal.Duration;
  /** The same in the unit alone, with its fraction. */
  readonly total: number;
}

/** @throws ExpectationError when a time lies outside Temporal's range, or an end of the whole unit that `to` is in */
export function measureBetween(from: Time, to: Time, zone: Zone, unit: Unit): Difference {
  const start = resolveTime(from, zone, 'compatible');
  const end = resolveTime(to, zone, 'compatible');
  const first = new Temporal.ZonedDateTime(start.chosen.epochNs, zone.id);
  const last = new Temporal.ZonedDateTime(end.chosen.epochNs, zone.id);
  try {
    const duration = first.until(last, { largestUnit: unit });
    return { from: start, to: end, duration, total: duration.total({ unit, relativeTo: first }) };
  } catch (error) {
    throw outOfRange(error, `${unit} from ${start.chosen.local} to ${end.chosen.local}`);
  }
}
