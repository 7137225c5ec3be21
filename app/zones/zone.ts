/**
 * A zone is an IANA name in any case, or a fixed offset. Temporal is the judge and gives the proper case back; Intl is not
 * asked, because it accepts names that Temporal refuses and rewrites others (Asia/Kolkata becomes Asia/Calcutta).
 */
import { BoundedCache } from './bounded-cache.ts';
import { UnknownZoneError } from './expectation.ts';

/** A zone that exists. Made by {@link parseZone} alone; two zones of one name are the same object while it is cached. */
export interface Zone {
  /** The name as it was asked for, in its proper case (`Europe/Kiev` stays), or `±HH:MM`. */
  readonly id: string;
  /** Whether this is a fixed offset from UTC instead of a name in the tz database. */
  readonly fixed: boolean;
}

const zonesByText = new BoundedCache<string, Zone>(4096);

const LONGEST_NAME = 64;

/**
 * @param text an IANA name in any case (`europe/paris`), or an offset `±HH`, `±HHMM` or `±HH:MM`
 * @throws UnknownZoneError when there is no such zone
 */
export function parseZone(text: string): Zone {
  const cached = zonesByText.get(text);
  if (cached) return cached;
  const zone = { id: identify(text), fixed: /^[+-]/.test(text) };
  zonesByText.set(text, zone);
  return zone;
}

function identify(text: string): string {
  // Temporal would take a whole date-time with a zone in it for a zone.
  if (text.length <= LONGEST_NAME && /^[A-Za-z][A-Za-z0-9_+/-]*$|^[+-]\d\d(:?\d\d)?$/.test(text)) {
    try {
      return new Temporal.ZonedDateTime(0n, text).timeZoneId;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new UnknownZoneError('an IANA zone such as Europe/Paris, or a fixed offset such as +05:30', text, {
    advice: /^ \d/.test(text) ? 'a + in a query is written %2B' : undefined,
  });
}
