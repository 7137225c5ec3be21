/**
 * Reads `tzdata.zi`, the source of the tz database in one file (zic(8) has its grammar). Of it the table needs what the
 * compiled zones have lost: the standard offset of each stretch of a zone's history, where the stretches end, and which
 * names are links to which. The rules need not be read: when they switch, the compiled zones say.
 */

/** A clock of which `at` is read: the zone's own, its standard time, or UTC. */
export type Reference = 'wall' | 'standard' | 'universal';

/** A stretch of a zone's history with one standard offset. */
export interface Stretch {
  readonly standardOffsetSeconds: number;
  /** Where it ends, in seconds since 1970 on the clock of the reference; undefined for the last. */
  readonly until: { readonly clockS: number; readonly reference: Reference } | undefined;
}

export interface ZoneSource {
  readonly release: string;
  readonly stretchesByZone: ReadonlyMap<string, readonly Stretch[]>;
  /** From a link to the zone that it names. */
  readonly links: ReadonlyMap<string, string>;
}

const REFERENCES: Readonly<Record<string, Reference>> = {
  w: 'wall',
  s: 'standard',
  u: 'universal',
  g: 'universal',
  z: 'universal',
};
const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
];
const WEEKDAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];

/** @throws Error for a line that is not of the grammar */
export function readZoneSource(text: string): ZoneSource {
  const release = /^# version (\w+)\n/.exec(text)?.[1];
  if (release === undefined) throw new Error('Expected a first line that names the release');
  const stretchesByZone = new Map<string, Stretch[]>();
  const links = new Map<string, string>();
  let current: Stretch[] = [];
  for (const line of text.split('\n')) {
    const [kind = '', ...rest] = line.split(' ');
    if (kind === '' || kind.startsWith('#') || kind === 'R') continue;
    if (kind === 'L') {
      links.set(field(rest, 1), field(rest, 0));
    } else if (kind === 'Z') {
      current = [readStretch(rest.slice(1))];
      stretchesByZone.set(field(rest, 0), current);
    } else {
      current.push(readStretch([kind, ...rest]));
    }
  }
  return { release, stretchesByZone, links };
}

/** STDOFF, RULES, FORMAT and UNTIL, which is a year with or without month, day and time. */
function readStretch(fields: readonly string[]): Stretch {
  const standardOffsetSeconds = parseTime(field(fields, 0));
  if (fields.length === 3) return { standardOffsetSeconds, until: undefined };
  const [year, month = 'Ja', day = '1', time = '0'] = fields.slice(3);
  const [, clock = '', letter = 'w'] = /^([\d:-]+)([wsugz]?)$/.exec(time) ?? [];
  const reference = REFERENCES[letter || 'w'];
  if (reference === undefined) throw new Error(`Expected a time of day, got ${time}`);
  const dayMs = findDay(Number(year), indexOfAbbreviated(MONTHS, month), day);
  return { standardOffsetSeconds, until: { clockS: dayMs / 1000 + parseTime(clock), reference } };
}

/** A day of a month: `15`, `lastSu` or `Su>=8`. */
function findDay(year: number, month: number, text: string): number {
  const [, name = '', atLeast = ''] = /^([A-Za-z]+)(?:>=(\d+))?$/.exec(text) ?? [];
  if (name === '') return Date.UTC(year, month, Number(text));
  if (atLeast !== '') {
    const weekday = indexOfAbbreviated(WEEKDAYS, name);
    const first = new Date(Date.UTC(year, month, Number(atLeast)));
    return first.setUTCDate(first.getUTCDate() + ((weekday - first.getUTCDay() + 7) % 7));
  }
  const weekday = indexOfAbbreviated(WEEKDAYS, name.replace(/^last/, ''));
  const last = new Date(Date.UTC(year, month + 1, 0));
  return last.setUTCDate(last.getUTCDate() - ((last.getUTCDay() - weekday + 7) % 7));
}

function indexOfAbbreviated(words: readonly string[], text: string): number {
  const index = words.findIndex((word) => word.startsWith(text.toUpperCase()));
  if (index < 0) throw new Error(`Expected one of ${words.join(', ')} or the start of one, got ${text}`);
  return index;
}

/** `1`, `-0:25:21` or `+24:00`, in seconds. */
export function parseTime(text: string): number {
  const [, sign, hours = '', minutes = '0', seconds = '0'] = /^([+-]?)(\d+)(?::(\d+))?(?::(\d+))?$/.exec(text) ?? [];
  if (hours === '') throw new Error(`Expected a time such as -0:25:21, got ${text}`);
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

function field(fields: readonly string[], index: number): string {
  const text = fields[index];
  if (text === undefined) throw new Error(`Expected a field ${index}, got ${fields.join(' ')}`);
  return text;
}
