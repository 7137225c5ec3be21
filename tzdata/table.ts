/**
 * Makes the tz table from a release of the tz database.
 * Times, offsets, isdst flags and abbreviations come from the compiled zones, standard offsets from the source; that they
 * agree, a saving wherever the flag is set and nowhere else, is checked for every period, so that a source which this
 * reads wrongly makes no table. `app/zones/tz-table.ts` says what the table's texts mean.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readCompiledZone, type CompiledType, type CompiledZone } from './compiled-zone.ts';
import { parseTime, readZoneSource, type Stretch } from './zone-source.ts';

/** A stretch of time with one type and one standard offset. */
interface Period {
  readonly fromS: number;
  readonly type: CompiledType;
  readonly standardOffsetSeconds: number;
}

/**
 * @param packageDirectory PyPI's `tzdata` package, unpacked
 * @returns the table as JSON, a zone a line
 */
export function makeTable(packageDirectory: string): string {
  const directory = join(packageDirectory, 'zoneinfo');
  const source = readZoneSource(readFileSync(join(directory, 'tzdata.zi'), 'utf8'));
  const zones: Record<string, string> = {};
  for (const [name, stretches] of source.stretchesByZone) {
    // `Factory` marks a machine whose zone was never set; it is the zone of no place, and Temporal does not have it.
    if (name === 'Factory') continue;
    const compiled = readCompiledZone(readFileSync(join(directory, name)));
    try {
      zones[name] = encodeZone(compiled, dividePeriods(compiled, stretches));
    } catch (error) {
      throw new Error(`${name} cannot be encoded`, { cause: error });
    }
  }
  const aliases: Record<string, string> = {};
  for (const [link, target] of source.links) aliases[target] = `${aliases[target] ? `${aliases[target]} ` : ''}${link}`;
  const countries: Record<string, string> = {};
  for (const line of readFileSync(join(directory, 'zone.tab'), 'utf8').split('\n')) {
    const [country, , name] = line.split('\t');
    if (!country || country.startsWith('#') || name === undefined) continue;
    countries[country] = `${countries[country] ? `${countries[country]} ` : ''}${name}`;
  }
  return `${JSON.stringify({ release: source.release, zones, aliases, countries }, undefined, 1)}\n`;
}

/** Cuts a zone's history where its type or its standard offset changes. */
function dividePeriods(zone: CompiledZone, stretches: readonly Stretch[]): Period[] {
  const cuts = new Set([-Infinity, ...zone.transitions.map(({ epochS }) => epochS)]);
  const endsS = stretches.map((stretch) => findEnd(zone, stretch));
  for (const endS of endsS) if (endS !== Infinity) cuts.add(endS);

  const periods: Period[] = [];
  for (const fromS of Array.from(cuts).toSorted((a, b) => a - b)) {
    const type = findType(zone, fromS);
    const stretch = stretches[endsS.findIndex((endS) => fromS < endS)];
    if (!stretch) throw new Error(`Expected a stretch at ${fromS}`);
    const { standardOffsetSeconds } = stretch;
    checkSaving(type, standardOffsetSeconds);
    const last = periods.at(-1);
    if (last?.type !== type || last.standardOffsetSeconds !== standardOffsetSeconds) {
      periods.push({ fromS, type, standardOffsetSeconds });
    }
  }
  return periods;
}

function checkSaving(type: CompiledType, standardOffsetSeconds: number): void {
  if ((type.offsetSeconds !== standardOffsetSeconds) === type.isDst) return;
  throw new Error(
    `Expected a saving where isdst is set and nowhere else, got ${JSON.stringify({ type, standardOffsetSeconds })}`,
  );
}

function findType(zone: CompiledZone, epochS: number): CompiledType {
  return zone.transitions.findLast((transition) => transition.epochS <= epochS)?.type ?? zone.first;
}

/** When a stretch ends, in seconds since 1970. */
function findEnd(zone: CompiledZone, { until, standardOffsetSeconds }: Stretch): number {
  if (until === undefined) return Infinity;
  if (until.reference === 'universal') return until.clockS;
  if (until.reference === 'standard') return until.clockS - standardOffsetSeconds;
  // The wall clock is the one that was shown until the end, whatever it is set to then.
  const offsets = new Set([zone.first, ...zone.transitions.map(({ type }) => type)].map((type) => type.offsetSeconds));
  const ends = Array.from(offsets, (offsetSeconds) => ({ offsetSeconds, endS: until.clockS - offsetSeconds })).filter(
    ({ offsetSeconds, endS }) => findType(zone, endS - 1).offsetSeconds === offsetSeconds,
  );
  const end = ends.find(({ endS }) => zone.transitions.some(({ epochS }) => epochS === endS)) ?? ends[0];
  if (!end) throw new Error(`Expected an instant at which the wall clock shows ${until.clockS}`);
  return end.endS;
}

/** Four fields: types, transitions, the types that alternate after the last transition, and the POSIX rule. */
function encodeZone(zone: CompiledZone, periods: readonly Period[]): string {
  const types: string[] = [];
  const indexOf = ({ type, standardOffsetSeconds }: Omit<Period, 'fromS'>): string => {
    const text = `${type.abbreviation}/${standardOffsetSeconds}/${type.offsetSeconds - standardOffsetSeconds}`;
    if (!types.includes(text)) types.push(text);
    return types.indexOf(text).toString(36);
  };

  let lastS = 0;
  const [start, ...rest] = periods;
  if (!start) throw new Error('Expected a period');
  indexOf(start);
  const transitions = rest.map((period) => {
    const text = indexOf(period) + (period.fromS - lastS).toString(36);
    lastS = period.fromS;
    return text;
  });
  const { standardOffsetSeconds } = periods.at(-1) ?? start;
  const rulesOwn = rulesTypes(zone.posixTz);
  for (const type of rulesOwn) checkSaving(type, standardOffsetSeconds);
  const alternating = rulesOwn.map((type) => indexOf({ type, standardOffsetSeconds }));
  if (types.length > 36) throw new Error(`Expected at most 36 types, got ${types.length}`);
  return [types.join(' '), transitions.join(' '), alternating.join(''), zone.posixTz].join('|');
}

const RULE =
  /^(?<standard><[^>]+>|[A-Za-z]+)(?<west>[\d:+-]+)((?<saving><[^>]+>|[A-Za-z]+)(?<savingWest>[\d:+-]*),.+)?$/;

/** The types that a POSIX rule switches between. It counts offsets to the west, and has daylight saving be an hour if it says nothing. */
function rulesTypes(posixTz: string): CompiledType[] {
  const { standard, west, saving, savingWest } = RULE.exec(posixTz)?.groups ?? {};
  if (standard === undefined || west === undefined) throw new Error(`Expected a POSIX rule, got ${posixTz}`);
  const offsetSeconds = -parseTime(west);
  const types = [{ abbreviation: unquote(standard), offsetSeconds, isDst: false }];
  if (saving !== undefined) {
    const savingOffsetSeconds = savingWest ? -parseTime(savingWest) : offsetSeconds + 3600;
    types.push({ abbreviation: unquote(saving), offsetSeconds: savingOffsetSeconds, isDst: true });
  }
  return types;
}

function unquote(abbreviation: string): string {
  return abbreviation.replace(/[<>]/g, '');
}
