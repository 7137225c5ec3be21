/** The tz database that this process reads its zones from: the one that Node carries, or that it was told to use. */
import { parseInstant } from './instant.ts';
import { findOffsetInterval } from './transitions.ts';
import { TABLE_RELEASE } from './tz-table.ts';
import { parseZone } from './zone.ts';

/** Its release, such as `2026c`. */
export const TZDB_VERSION: string = process.versions['tz'] || 'unknown';

/** A zone whose offset at an instant is known, and not the offset of UTC that a broken database falls back to. */
const CANARY = { zone: 'Europe/Paris', instant: '2024-07-01T00:00:00Z', offsetSeconds: 7200 };

/** @returns undefined where the database works, and otherwise what is wrong with it */
export function checkTzdb(): string | undefined {
  if (TABLE_RELEASE !== TZDB_VERSION) return `expected a tz table of ${TZDB_VERSION}, got one of ${TABLE_RELEASE}`;
  try {
    const { offsetSeconds } = findOffsetInterval(parseZone(CANARY.zone), parseInstant(CANARY.instant));
    if (offsetSeconds === CANARY.offsetSeconds) return undefined;
    return `expected ${CANARY.zone} at ${CANARY.offsetSeconds} s from UTC on ${CANARY.instant}, got ${offsetSeconds} s`;
  } catch (error) {
    return `expected ${CANARY.zone} to be known, got ${String(error)}`;
  }
}
