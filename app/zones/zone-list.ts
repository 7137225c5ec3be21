/** Which zones there are, and what each says about one instant. */
import { ExpectationError } from './expectation.ts';
import { findOffsetInterval, formatOffset } from './transitions.ts';
import { ZONE_NAMES, zonesOfCountry } from './tz-table.ts';
import { parseZone, type Zone } from './zone.ts';

/** How many characters a filter may have; the longest name has 38. */
export const LONGEST_WORDS = 64;

/** What narrows the list; without any, it has every zone. */
export interface ZoneFilter {
  /** The part of a name before its first slash, in any case: `Europe`. */
  readonly area?: string | undefined;
  /** A piece of a name, in any case, blanks for underscores: `new york`. */
  readonly q?: string | undefined;
  /** A country's two letters, as {@link parseCountry} gives them. */
  readonly country?: string | undefined;
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

let everyZone: readonly Zone[] | undefined;

/** Made when it is first asked for: a start has no time to lose, and where tz data is broken it must get to say so. */
function allZones(): readonly Zone[] {
  everyZone ??= ZONE_NAMES.map((name) => parseZone(name));
  return everyZone;
}

/**
 * @param text an ISO 3166 code of two letters, in any case
 * @throws ExpectationError for a country that has no zone
 */
export function parseCountry(text: string): string {
  const country = text.toUpperCase();
  if (zonesOfCountry(country) === undefined) throw new ExpectationError('an ISO 3166 country code such as CH', text);
  return country;
}

/** @param epochNs the instant whose offsets are listed */
export function listZones(filter: ZoneFilter, epochNs: bigint): ZoneList {
  const inCountry = filter.country === undefined ? undefined : new Set(zonesOfCountry(filter.country));
  const listed: ListedZone[] = [];
  let fromMs = -Infinity;
  let untilMs = Infinity;
  for (const zone of allZones()) {
    if (inCountry?.has(zone.id) === false || !isWanted(zone, filter)) continue;
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
