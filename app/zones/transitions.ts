/**
 * When a zone's offset changes. Temporal knows, but asking it costs microseconds, and most questions are about now: the
 * interval that the last question about a zone fell into is kept, and holds until the zone's next transition.
 */
import { ExpectationError } from './expectation.ts';
import { formatInstant, toEpochMs } from './instant.ts';
import { findType, type TimeType } from './tz-table.ts';
import type { Zone } from './zone.ts';

/** A change of a zone's offset from UTC. */
export interface Transition {
  readonly epochNs: bigint;
  readonly offsetBeforeSeconds: number;
  readonly offsetAfterSeconds: number;
}

/** A stretch of time, from (inclusive) until (exclusive), in which a zone keeps one offset and one type of time. */
export interface OffsetInterval {
  readonly offsetSeconds: number;
  readonly type: TimeType;
  /** The changes of offset around it; a change of type alone is none, and may lie between. */
  readonly previous: Transition | null;
  readonly next: Transition | null;
  /** The ends in milliseconds since 1970, infinite where there is none. */
  readonly fromMs: number;
  readonly untilMs: number;
}

const NS_PER_S = 1_000_000_000;

/** The longest range that {@link listTransitions} answers; at two or four transitions a year it bounds the answer. */
const LONGEST_RANGE_YEARS = 200;
const LONGEST_RANGE_NS = BigInt(LONGEST_RANGE_YEARS * 366 * 86_400) * BigInt(NS_PER_S);

const lastIntervals = new WeakMap<Zone, OffsetInterval>();

/** The interval that holds an instant. */
export function findOffsetInterval(zone: Zone, epochNs: bigint): OffsetInterval {
  // Transitions lie on whole seconds, so that milliseconds decide which side of one an instant is on.
  const epochMs = toEpochMs(epochNs);
  const last = lastIntervals.get(zone);
  if (last && last.fromMs <= epochMs && epochMs < last.untilMs) return last;
  const interval = measureInterval(zone, epochNs);
  lastIntervals.set(zone, interval);
  return interval;
}

/** The same, asked of Temporal: for instants that nobody will ask about again. */
export function measureInterval(zone: Zone, epochNs: bigint): OffsetInterval {
  const at = new Temporal.ZonedDateTime(epochNs, zone.id);
  const next = at.getTimeZoneTransition('next');
  // Temporal's `previous` is strictly before: the transition at this very instant is asked for as well.
  const previous = isTransition(at) ? at : at.getTimeZoneTransition('previous');
  const offsetSeconds = at.offsetNanoseconds / NS_PER_S;
  const listed = findType(zone, toEpochMs(epochNs), offsetSeconds);
  return {
    offsetSeconds,
    type: listed.type,
    previous: previous && describeTransition(previous),
    next: next && describeTransition(next),
    fromMs: Math.max(previous?.epochMilliseconds ?? -Infinity, listed.fromMs),
    untilMs: Math.min(next?.epochMilliseconds ?? Infinity, listed.untilMs),
  };
}

function isTransition(at: Temporal.ZonedDateTime): boolean {
  try {
    return at.subtract({ nanoseconds: 1 }).offsetNanoseconds !== at.offsetNanoseconds;
  } catch (error) {
    // There is nothing before the first instant of all.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function describeTransition(at: Temporal.ZonedDateTime): Transition {
  return {
    epochNs: at.epochNanoseconds,
    offsetBeforeSeconds: at.subtract({ nanoseconds: 1 }).offsetNanoseconds / NS_PER_S,
    offsetAfterSeconds: at.offsetNanoseconds / NS_PER_S,
  };
}

/**
 * The transitions of a zone in a range, its start included and its end not, in order.
 *
 * @throws ExpectationError when the range is longer than 200 years or ends before it starts
 */
export function listTransitions(zone: Zone, fromNs: bigint, toNs: bigint): Transition[] {
  if (toNs < fromNs || toNs - fromNs > LONGEST_RANGE_NS) {
    throw new ExpectationError(
      `a range that ends after its start and is at most ${LONGEST_RANGE_YEARS} years long`,
      `${formatInstant(fromNs)} to ${formatInstant(toNs)}`,
    );
  }
  const transitions: Transition[] = [];
  const start = new Temporal.ZonedDateTime(fromNs, zone.id);
  let at = isTransition(start) ? start : start.getTimeZoneTransition('next');
  while (at && at.epochNanoseconds < toNs) {
    transitions.push(describeTransition(at));
    at = at.getTimeZoneTransition('next');
  }
  return transitions;
}

/** `+01:00`, with seconds where a historic offset has them: `-00:44:30`. */
export function formatOffset(offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds);
  const seconds = size % 60;
  return formatHoursAndMinutes(offsetSeconds, Math.floor(size / 60)) + (seconds ? `:${pad(seconds)}` : '');
}

/** An offset as RFC 3339 has it, rounded to the minute with halves away from zero, as RFC 9557 asks of historic ones. */
export function formatOffsetInMinutes(offsetSeconds: number): string {
  return formatHoursAndMinutes(offsetSeconds, Math.round(Math.abs(offsetSeconds) / 60));
}

function formatHoursAndMinutes(sign: number, minutes: number): string {
  return `${sign < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
