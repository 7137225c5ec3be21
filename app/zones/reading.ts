/** What a zone says about an instant. */
import { formatWallTime, toEpochMs } from './instant.ts';
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
}

export function readZone(zone: Zone, epochNs: bigint): ZoneReading {
  const { offsetSeconds } = findOffsetInterval(zone, epochNs);
  return {
    zone,
    epochNs,
    local: `${formatWallTime(epochNs, offsetSeconds)}${formatOffsetInMinutes(offsetSeconds)}[${zone.id}]`,
    offset: formatOffset(offsetSeconds),
  };
}

const lastPlainTimes = new WeakMap<Zone, { readonly epochS: number; readonly text: string }>();

/**
 * The form of the twenty-line program this service grew from: `2026-11-24 04:05:54`. A line holds for its second, in which
 * it is asked for thousands of times.
 */
export function formatPlainTime(zone: Zone, epochNs: bigint): string {
  const epochS = Math.floor(toEpochMs(epochNs) / 1000);
  const last = lastPlainTimes.get(zone);
  if (last?.epochS === epochS) return last.text;
  const wallTime = formatWallTime(epochNs, findOffsetInterval(zone, epochNs).offsetSeconds);
  const text = wallTime.slice(0, -7).replace('T', ' ');
  lastPlainTimes.set(zone, { epochS, text });
  return text;
}
