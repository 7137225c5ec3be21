/**
 * From a local time to the instant it means. Where clocks go forward a local time does not exist (a gap), where they go
 * back it exists twice (an overlap). Either is said, with both readings, because a caller who is not told books the
 * meeting an hour off. The words are Temporal's `disambiguation`.
 */
import { ExpectationError } from './expectation.ts';
import type { Time } from './instant.ts';
import { readZone, type ZoneReading } from './reading.ts';
import type { Zone } from './zone.ts';

export const DISAMBIGUATIONS = ['compatible', 'earlier', 'later', 'reject'] as const;

/** Which reading to take: `compatible` is the later one in a gap and the earlier one in an overlap. */
export type Disambiguation = (typeof DISAMBIGUATIONS)[number];

/** How often a time exists on the clocks of a zone: once, never, or twice. */
export type Occurrence = 'unique' | 'gap' | 'overlap';

/** What a time means in a zone. */
export interface Resolution {
  readonly occurrence: Occurrence;
  /** The reading that the disambiguation chose, and the two it chose from; all three are one where it is unique. */
  readonly chosen: ZoneReading;
  readonly earlier: ZoneReading;
  readonly later: ZoneReading;
}

/**
 * @throws ExpectationError when the time falls in a gap or an overlap and the disambiguation is `reject`, or when it lies
 *   outside Temporal's range
 */
export function resolveTime(time: Time, zone: Zone, disambiguation: Disambiguation): Resolution {
  if (typeof time === 'bigint') {
    const reading = readZone(zone, time);
    return { occurrence: 'unique', chosen: reading, earlier: reading, later: reading };
  }
  const [early, late] = bothReadings(time, zone);
  const earlier = readZone(zone, early.epochNanoseconds);
  if (early.epochNanoseconds === late.epochNanoseconds) {
    return { occurrence: 'unique', chosen: earlier, earlier, later: earlier };
  }
  const later = readZone(zone, late.epochNanoseconds);
  const occurrence = early.toPlainDateTime().equals(time) ? 'overlap' : 'gap';
  if (disambiguation === 'reject') {
    throw new ExpectationError(`a local time that ${zone.id} has exactly once`, time.toString(), {
      advice: `it falls in ${occurrence === 'gap' ? 'a gap' : 'an overlap'}, between ${earlier.local} and ${later.local}`,
    });
  }
  const takesLater = disambiguation === 'later' || (disambiguation === 'compatible' && occurrence === 'gap');
  return { occurrence, chosen: takesLater ? later : earlier, earlier, later };
}

function bothReadings(time: Temporal.PlainDateTime, zone: Zone): [Temporal.ZonedDateTime, Temporal.ZonedDateTime] {
  try {
    return [
      time.toZonedDateTime(zone.id, { disambiguation: 'earlier' }),
      time.toZonedDateTime(zone.id, { disambiguation: 'later' }),
    ];
  } catch (error) {
    throw outOfRange(error, time.toString());
  }
}

/** A time and what it is elsewhere. */
export interface Conversion extends Resolution {
  readonly to: readonly ZoneReading[];
}

/**
 * Reads a time of one zone on the clocks of others.
 *
 * @throws ExpectationError as {@link resolveTime} does
 */
export function convertTime(time: Time, from: Zone, to: readonly Zone[], disambiguation: Disambiguation): Conversion {
  const resolution = resolveTime(time, from, disambiguation);
  return { ...resolution, to: to.map((zone) => readZone(zone, resolution.chosen.epochNs)) };
}

/** A RangeError of Temporal's as the domain says it; whatever else was caught is thrown on. */
export function outOfRange(error: unknown, got: string): ExpectationError {
  if (!(error instanceof RangeError)) throw error;
  return new ExpectationError('an instant between -271821-04-20T00:00:00Z and +275760-09-13T00:00:00Z', got, {
    cause: error,
  });
}
