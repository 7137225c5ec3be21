/**
 * Instants and local times as text. Inside the service an instant is bigint nanoseconds since 1970-01-01T00:00:00Z without
 * leap seconds, as Temporal counts them; its text is RFC 3339 with microseconds, finer than any clock here can tell.
 */
import { ExpectationError } from './expectation.ts';

const NS_PER_US = 1000n;
const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;
const US_PER_S = 1_000_000;
const LONGEST_TIME = 64;

/** The last instant that Temporal has: +275760-09-13T00:00:00Z. */
export const LAST_NS = 8_640_000_000_000_000_000_000n;

/**
 * @param text an instant with its offset: `2026-11-24T03:05:54Z`, `2026-11-24T04:05:54.5+01:00`
 * @returns nanoseconds since 1970
 * @throws ExpectationError for anything else, impossible dates and instants outside Temporal's range among it
 */
export function parseInstant(text: string): bigint {
  try {
    // An Instant ignores a zone in brackets; a ZonedDateTime refuses one that contradicts the offset.
    const type = text.includes('[') ? Temporal.ZonedDateTime : Temporal.Instant;
    if (text.length <= LONGEST_TIME && hasOffset(text)) return type.from(text).epochNanoseconds;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ExpectationError('an instant with its offset, such as 2026-11-24T03:05:54Z', text);
}

/**
 * @param text a date, with or without a time, and no offset: `2026-11-24T04:05:54`, `2026-11-24`
 * @throws ExpectationError for anything else, impossible dates among it
 */
export function parseLocalTime(text: string): Temporal.PlainDateTime {
  try {
    // Temporal would ignore an offset or a zone here, and with it what the caller meant.
    if (text.length <= LONGEST_TIME && !hasOffset(text) && !text.includes('['))
      return Temporal.PlainDateTime.from(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new ExpectationError('a local time such as 2026-11-24T04:05:54', text);
}

/** A time as a caller gives it: an instant (nanoseconds since 1970), or a local time that needs a zone. */
export type Time = bigint | Temporal.PlainDateTime;

/**
 * @param text either form: with an offset it is an instant, without one a local time
 * @throws ExpectationError for anything else
 */
export function parseTime(text: string): Time {
  return hasOffset(text) ? parseInstant(text) : parseLocalTime(text);
}

function hasOffset(text: string): boolean {
  const [beforeZone = ''] = text.split('[');
  // Tied to the start: a search from every T of a long text would take the square of its length.
  return /^[^Tt ]*[Tt ].*[Zz+-]/.test(beforeZone);
}

/** RFC 3339 in UTC with six digits: `2026-11-24T03:05:54.123456Z`. */
export function formatInstant(epochNs: bigint): string {
  return `${formatWallTime(epochNs, 0)}Z`;
}

/** Up to here microseconds are exact in a number: the year 2255. */
const LAST_EXACT_NS = BigInt(Number.MAX_SAFE_INTEGER) * NS_PER_US;

/**
 * The date and time that clocks show at an offset, with six digits: `2026-11-24T04:05:54.123456`.
 *
 * @param offsetSeconds of the clocks from UTC
 */
export function formatWallTime(epochNs: bigint, offsetSeconds: number): string {
  if (!isExact(epochNs)) return toWallTime(epochNs, offsetSeconds).toString({ fractionalSecondDigits: 6 });
  const us = Number(epochNs / NS_PER_US);
  const second = Math.floor(us / US_PER_S);
  return `${formatSecond(second, offsetSeconds)}.${String(us - second * US_PER_S).padStart(6, '0')}`;
}

/** The same without the fraction, which is cut off: `2026-11-24T04:05:54`. */
export function formatWallSecond(epochNs: bigint, offsetSeconds: number): string {
  if (!isExact(epochNs)) return toWallTime(epochNs, offsetSeconds).toString({ fractionalSecondDigits: 0 });
  return formatSecond(Number(epochNs / NS_PER_S), offsetSeconds);
}

function isExact(epochNs: bigint): boolean {
  return epochNs >= 0n && epochNs <= LAST_EXACT_NS;
}

function toWallTime(epochNs: bigint, offsetSeconds: number): Temporal.PlainDateTime {
  const utc = Temporal.Instant.fromEpochNanoseconds(epochNs).toZonedDateTimeISO('UTC').toPlainDateTime();
  return utc.add({ seconds: offsetSeconds });
}

interface WallSecond {
  readonly second: number;
  readonly text: string;
}

/** The last second asked for at each offset; there are some three thousand offsets at the most. */
const lastWallSeconds = new Map<number, WallSecond>();

/** Formatted once a second: questions about now come in thousands. */
function formatSecond(second: number, offsetSeconds: number): string {
  const last = lastWallSeconds.get(offsetSeconds);
  if (last?.second === second) return last.text;
  const text = new Date((second + offsetSeconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  lastWallSeconds.set(offsetSeconds, { second, text });
  return text;
}

/** Whole milliseconds since 1970, rounded down. */
export function toEpochMs(epochNs: bigint): number {
  const ms = epochNs / NS_PER_MS;
  return Number(epochNs < 0n && ms * NS_PER_MS !== epochNs ? ms - 1n : ms);
}
