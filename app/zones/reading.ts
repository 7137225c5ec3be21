/** What a zone says about an instant. */
import { formatWallSecond, formatWallTime } from './instant.ts';
import { findOffsetInterval, formatOffset, formatOffsetInMinutes } from './transitions.ts';
import type { Zone } from './zone.ts';

/** An instant as the clocks of a zone show it. */
export interface ZoneReading {
  readonly zone: Zone;
  readonly epochNs: bigint;
  /** RFC 9557 with six digits: `2026-11-24T04:05:54.123456+01:00[Europe/Paris]`. */
  readonly local: string;
  /** `+01:00`. */
  readonly offset: string;
  /** `CET`. */
  readonly abbreviation: string;
  /** Whether the tz database calls this daylight saving time. */
  readonly dst: boolean;
  /** The offset without daylight saving. */
  readonly standardOffset: string;
}

export function readZone(zone: Zone, epochNs: bigint): ZoneReading {
  const { offsetSeconds, type } = findOffsetInterval(zone, epochNs);
  return {
    zone,
    epochNs,
    local: `${formatWallTime(epochNs, offsetSeconds)}${formatOffsetInMinutes(offsetSeconds)}[${zone.id}]`,
    offset: formatOffset(offsetSeconds),
    abbreviation: type.abbreviation,
    dst: type.isDst,
    standardOffset: formatOffset(type.standardOffsetSeconds),
  };
}

/** The form of the twenty-line program this service grew from: `2026-11-24 04:05:54`. */
export function formatPlainTime(zone: Zone, epochNs: bigint): string {
  return formatWallSecond(epochNs, findOffsetInterval(zone, epochNs).offsetSeconds).replace('T', ' ');
}
