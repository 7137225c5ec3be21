/**
 * What ICU, and with it Temporal, leaves out of the tz database: the isdst flag, abbreviations, standard offsets, links,
 * countries and POSIX rules. None can be told from offsets (Dublin's winter is its daylight saving), so `make tzdata` takes
 * them from the database into one file. A zone's text in it is decoded when it is first asked for. It has four fields:
 * `LMT/561/0 …|1-154gb3l 2afgo00 …|54|CET-1CEST,M3.5.0,M10.5.0/3`, that is types (abbreviation, standard offset and saving
 * in seconds), transitions (the type, and the seconds since the transition before, both in base 36), the types that
 * alternate after the last transition, and the POSIX rule.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ownTable from './tz-table.json' with { type: 'json' };
import type { Zone } from './zone.ts';

/** A kind of time that a zone keeps. */
export interface TimeType {
  /** `CET`; `+0330` where a zone has no letters of its own. */
  readonly abbreviation: string;
  readonly standardOffsetSeconds: number;
  /** What is added to the standard offset; negative in Dublin's winter. */
  readonly savingSeconds: number;
  /** The database's isdst flag: whether the saving is other than 0. */
  readonly isDst: boolean;
}

/** What the database says of a zone, whenever it is asked. */
export interface ZoneFacts {
  /** The name that this one is a link to, or the name itself. */
  readonly canonical: string;
  /** The other names of the same zone, in order. */
  readonly aliases: readonly string[];
  /** The rule for the time to come, for devices: `CET-1CEST,M3.5.0,M10.5.0/3`. */
  readonly posixTz: string;
}

interface History {
  /** In milliseconds since 1970, ascending; `types` has one entry more, for the time before the first. */
  readonly transitionsMs: readonly number[];
  readonly types: readonly TimeType[];
  readonly laterTypes: readonly TimeType[];
  readonly posixTz: string;
}

interface Table {
  readonly release: string;
  readonly zones: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly countries: Readonly<Record<string, string>>;
}

/** The name of the table in a directory of newer tz data. */
export const TABLE_FILE = 'tz-table.json';

/** Where ICU was told to read its files from there is a table of their release beside them, else the image's own serves. */
function readTable(): Table {
  const directory = process.env['ICU_TIMEZONE_FILES_DIR'];
  const file = directory === undefined ? undefined : join(directory, TABLE_FILE);
  return file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Table) : ownTable;
}

const { release, zones, aliases, countries } = readTable();

/** The release of the tz database that the table was made from, such as `2026c`. */
export const TABLE_RELEASE: string = release;

const canonicalNames = new Map<string, string>();
for (const name of Object.keys(zones)) canonicalNames.set(name, name);
for (const [name, links] of Object.entries(aliases)) {
  for (const link of links.split(' ')) canonicalNames.set(link, name);
}

/** Every name in the database, zones and links, in its proper case and in order. */
export const ZONE_NAMES: readonly string[] = Array.from(canonicalNames.keys()).toSorted();

/** @param country an ISO 3166 code of two letters, in any case; undefined is returned for one that has no zone */
export function zonesOfCountry(country: string): readonly string[] | undefined {
  return countries[country.toUpperCase()]?.split(' ');
}

const histories = new Map<string, History>();

function historyOf(canonical: string): History {
  const known = histories.get(canonical);
  if (known) return known;
  const history = decodeHistory(zones[canonical] ?? '');
  histories.set(canonical, history);
  return history;
}

function decodeHistory(text: string): History {
  const [typeTexts = '', transitionTexts = '', later = '', posixTz = ''] = text.split('|');
  const kinds = typeTexts.split(' ').map((typeText): TimeType => {
    const [abbreviation = '', standard, saving] = typeText.split('/');
    const savingSeconds = Number(saving);
    return { abbreviation, standardOffsetSeconds: Number(standard), savingSeconds, isDst: savingSeconds !== 0 };
  });
  const kindAt = (digit: string | undefined): TimeType => {
    const kind = kinds[parseInt(digit ?? '', 36)];
    if (!kind) throw new Error(`The tz table is damaged at ${JSON.stringify(text.slice(0, 64))}`);
    return kind;
  };

  const transitionsMs: number[] = [];
  const types = [kindAt('0')];
  let epochS = 0;
  for (const transition of transitionTexts === '' ? [] : transitionTexts.split(' ')) {
    epochS += parseInt(transition.slice(1), 36);
    transitionsMs.push(epochS * 1000);
    types.push(kindAt(transition[0]));
  }
  return { transitionsMs, types, laterTypes: Array.from(later, kindAt), posixTz };
}

/** A stretch of time in which a zone keeps one type; infinite where the table lists no end of it. */
export interface TypedInterval {
  readonly type: TimeType;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The type of time that a zone keeps at an instant. After the zone's last listed transition two types alternate, and the
 * offset tells which it is; when they change, Temporal knows.
 *
 * @param offsetSeconds Temporal's offset of the zone at that instant
 */
export function findType(zone: Zone, epochMs: number, offsetSeconds: number): TypedInterval {
  const canonical = canonicalNames.get(zone.id);
  if (canonical === undefined) return { type: fixedType(zone, offsetSeconds), fromMs: -Infinity, untilMs: Infinity };
  const { transitionsMs, types, laterTypes } = historyOf(canonical);
  const index = countUpTo(transitionsMs, epochMs);
  const isListed = index < transitionsMs.length;
  const type = isListed ? types[index] : laterTypes.find((later) => offsetOf(later) === offsetSeconds);
  if (!type || offsetOf(type) !== offsetSeconds) {
    throw new Error(
      `The tz table ${TABLE_RELEASE} has another offset of ${zone.id} than Temporal's ${offsetSeconds} s`,
    );
  }
  return { type, fromMs: transitionsMs[index - 1] ?? -Infinity, untilMs: transitionsMs[index] ?? Infinity };
}

function offsetOf(type: TimeType): number {
  return type.standardOffsetSeconds + type.savingSeconds;
}

/** `+05:30` has the abbreviation that the database gives zones without letters of their own: `+0530`. */
function fixedType(zone: Zone, offsetSeconds: number): TimeType {
  const abbreviation = zone.id.replace(':00', '').replace(':', '');
  return { abbreviation, standardOffsetSeconds: offsetSeconds, savingSeconds: 0, isDst: false };
}

export function describeZone(zone: Zone): ZoneFacts {
  const canonical = canonicalNames.get(zone.id);
  if (canonical === undefined) return { canonical: zone.id, aliases: [], posixTz: fixedRule(zone) };
  const names = [canonical, ...(aliases[canonical]?.split(' ') ?? [])];
  return {
    canonical,
    aliases: names.filter((name) => name !== zone.id).toSorted(),
    posixTz: historyOf(canonical).posixTz,
  };
}

/** POSIX counts offsets to the west: `+05:30` is `<+0530>-5:30`. */
function fixedRule({ id }: Zone): string {
  const [hours = '', minutes = '00'] = id.slice(1).split(':');
  const size = `${Number(hours)}${minutes === '00' ? '' : `:${minutes}`}`;
  return `<${id.replace(':00', '').replace(':', '')}>${id.startsWith('+') && size !== '0' ? '-' : ''}${size}`;
}

/** How many of the ascending numbers are at most the bound. */
function countUpTo(numbers: readonly number[], bound: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? Infinity) <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
