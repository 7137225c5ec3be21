/**
 * A zone is an IANA name in any case, or a fixed offset. Temporal is the judge and gives the proper case back; Intl is not
 * asked, because it accepts names that Temporal refuses and rewrites others (Asia/Kolkata becomes Asia/Calcutta).
 */
import { BoundedCache } from './bounded-cache.ts';
import { UnknownZoneError } from './expectation.ts';

/** A zone that exists. {@link parseZone} alone makes them, one object an id, so that they serve as keys. */
export interface Zone {
  /** The name as it was asked for, in its proper case (`Europe/Kiev` stays), or `±HH:MM`. */
  readonly id: string;
  /** Whether this is a fixed offset from UTC, and not a name in the tz database. */
  readonly fixed: boolean;
}

/** How many zones one request may name. */
export const MOST_ZONES = 50;

/** Finite without a bound of its own: there are some 600 names and 2,879 fixed offsets. */
const zonesById = new Map<string, Zone>();
const zonesByText = new BoundedCache<string, Zone>(4096);

/** What looks like a zone; which of them there are, Temporal knows. */
export const ZONE_PATTERN = /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$|^[+-]\d\d(:?\d\d)?$/;

/**
 * @param text an IANA name in any case (`europe/paris`), or an offset: `±HH`, `±HHMM` or `±HH:MM`
 * @throws UnknownZoneError when there is no such zone
 */
export function parseZone(text: string): Zone {
  const cached = zonesByText.get(text);
  if (cached) return cached;
  const id = identify(text);
  const zone = zonesById.get(id) ?? { id, fixed: /^[+-]/.test(id) };
  zonesById.set(id, zone);
  zonesByText.set(text, zone);
  return zone;
}

function identify(text: string): string {
  // Without the pattern, Temporal would also take the zone out of a whole date-time.
  if (ZONE_PATTERN.test(text)) {
    try {
      return new Temporal.ZonedDateTime(0n, text).timeZoneId;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new UnknownZoneError('an IANA zone such as Europe/Paris, or a fixed offset such as +05:30', text);
}
