/** Which zones there are, and what each says about one instant. */
import { findOffsetInterval, formatOffset } from './transitions.ts';
import { parseZone, type Zone } from './zone.ts';

/** What narrows the list; without any, it has every zone. */
export interface ZoneFilter {
  /** The part of a name before its first slash, in any case: `Europe`. */
  readonly area?: string | undefined;
  /** A piece of a name, in any case, blanks for underscores: `new york`. */
  readonly q?: string | undefined;
}

export interface ListedZone {
  readonly zone: Zone;
  readonly offset: string;
}

/** Zones in the order of their names, and the interval in which every offset in the list holds. */
export interface ZoneList {
  readonly zones: readonly ListedZone[];
  readonly fromMs: number;
  readonly untilMs: number;
}

const zones: readonly Zone[] = [...Intl.supportedValuesOf('timeZone'), 'UTC']
  .map((name) => parseZone(name))
  .toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** @param epochNs the instant whose offsets are listed */
export function listZones(filter: ZoneFilter, epochNs: bigint): ZoneList {
  const listed: ListedZone[] = [];
  let fromMs = -Infinity;
  let untilMs = Infinity;
  for (const zone of zones) {
    if (!isWanted(zone, filter)) continue;
    const interval = findOffsetInterval(zone, epochNs);
    fromMs = Math.max(fromMs, interval.fromMs);
    untilMs = Math.min(untilMs, interval.untilMs);
    listed.push({ zone, offset: formatOffset(interval.offsetSeconds) });
  }
  return { zones: listed, fromMs, untilMs };
}

function isWanted(zone: Zone, filter: ZoneFilter): boolean {
  const name = zone.id.toLowerCase();
  if (filter.area !== undefined && !name.startsWith(`${filter.area.toLowerCase()}/`)) return false;
  return filter.q === undefined || name.includes(filter.q.toLowerCase().replaceAll(' ', '_'));
}
