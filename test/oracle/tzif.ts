/**
 * A reader of TZif files (RFC 9636), for comparison: it shares nothing with what the service reads its zones from. A file
 * lists transitions, and ends with a POSIX TZ rule for all that come after them.
 */

/** One kind of local time of a zone. */
export interface LocalTimeType {
  readonly offsetSeconds: number;
  readonly isDst: boolean;
  readonly abbreviation: string;
}

/** From this second on (since 1970), a zone keeps this type. */
export interface Change {
  readonly atS: number;
  readonly type: LocalTimeType;
}

export interface TzifZone {
  /** What holds before the first change. */
  readonly first: LocalTimeType;
  /** In order, to the end of the last year that was asked for. */
  readonly changes: readonly Change[];
  /** The POSIX TZ rule that the file ends with. */
  readonly rule: string;
}

const HEADER_BYTES = 44;

/** @param lastYear up to whose end the file's rule is followed */
export function readTzif(file: Buffer, lastYear: number): TzifZone {
  const first = readCounts(file, 0);
  const version1Bytes =
    first.transitions * 5 + first.types * 6 + first.characters + first.leaps * 8 + first.standards + first.universals;
  const start = HEADER_BYTES + version1Bytes;
  const counts = readCounts(file, start);
  const timesAt = start + HEADER_BYTES;
  const indicesAt = timesAt + counts.transitions * 8;
  const typesAt = indicesAt + counts.transitions;
  const charactersAt = typesAt + counts.types * 6;
  const endAt = charactersAt + counts.characters + counts.leaps * 12 + counts.standards + counts.universals;

  const types = Array.from({ length: counts.types }, (_, index): LocalTimeType => {
    const at = typesAt + index * 6;
    const nameAt = charactersAt + file.readUInt8(at + 5);
    return {
      offsetSeconds: file.readInt32BE(at),
      isDst: file.readUInt8(at + 4) === 1,
      abbreviation: file.toString('latin1', nameAt, file.indexOf(0, nameAt)),
    };
  });
  const listed = Array.from({ length: counts.transitions }, (_, index): Change => {
    return {
      atS: Number(file.readBigInt64BE(timesAt + index * 8)),
      type: pick(types, file.readUInt8(indicesAt + index)),
    };
  });
  const rule = file.toString('latin1', endAt + 1, file.length - 1);
  const lastListedS = listed.at(-1)?.atS ?? -Infinity;
  const ruled = followRule(rule, 1970, lastYear).filter(({ atS }) => atS > lastListedS);
  return { first: pick(types, 0), changes: [...listed, ...ruled], rule };
}

function readCounts(file: Buffer, start: number) {
  if (file.toString('latin1', start, start + 4) !== 'TZif') throw new Error('This is no TZif file');
  const [universals, standards, leaps, transitions, types, characters] = [20, 24, 28, 32, 36, 40].map((at) =>
    file.readUInt32BE(start + at),
  );
  return { universals, standards, leaps, transitions, types, characters } as Record<
    'universals' | 'standards' | 'leaps' | 'transitions' | 'types' | 'characters',
    number
  >;
}

const RULE =
  /^(?<std><[^>]+>|[A-Za-z]+)(?<stdOffset>[-+:\d]+)(?:(?<dst><[^>]+>|[A-Za-z]+)(?<dstOffset>[-+:\d]*),(?<start>[^,]+),(?<end>[^,]+))?$/;

/** The changes that a POSIX TZ rule makes, with RFC 9636's hours beyond a day. */
function followRule(rule: string, firstYear: number, lastYear: number): Change[] {
  const parts = RULE.exec(rule)?.groups;
  if (!parts) throw new Error(`This is no POSIX TZ rule: ${rule}`);
  if (!parts['dst']) return [];
  // POSIX counts offsets west of Greenwich.
  const stdSeconds = -parseHours(parts['stdOffset'] ?? '');
  const dstSeconds = parts['dstOffset'] ? -parseHours(parts['dstOffset']) : stdSeconds + 3600;
  const std = { offsetSeconds: stdSeconds, isDst: false, abbreviation: unquote(parts['std'] ?? '') };
  const dst = { offsetSeconds: dstSeconds, isDst: true, abbreviation: unquote(parts['dst']) };
  const changes: Change[] = [];
  for (let year = firstYear; year <= lastYear; year++) {
    changes.push({ atS: resolveDate(parts['start'] ?? '', year) - stdSeconds, type: dst });
    changes.push({ atS: resolveDate(parts['end'] ?? '', year) - dstSeconds, type: std });
  }
  return changes.toSorted((a, b) => a.atS - b.atS);
}

/** Seconds since 1970 of a rule's date and time in a year, on the clocks before the change. */
function resolveDate(text: string, year: number): number {
  const [date = '', time = '2'] = text.split('/');
  return daysSince1970(date, year) * 86_400 + parseHours(time);
}

function daysSince1970(date: string, year: number): number {
  const day = (month: number, dayOfMonth: number) => Date.UTC(year, month - 1, dayOfMonth) / 86_400_000;
  const [month = 0, week = 0, weekday = 0] = date.slice(1).split('.').map(Number);
  if (date.startsWith('J')) {
    // Julian days skip 29 February.
    const isLeap = day(3, 1) - day(2, 28) === 2;
    return day(1, 1) + month - 1 + (isLeap && month >= 60 ? 1 : 0);
  }
  if (!date.startsWith('M')) return day(1, 1) + Number(date);
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const dayOfMonth = 1 + ((weekday - firstWeekday + 7) % 7) + (week - 1) * 7;
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return day(month, dayOfMonth > daysInMonth ? dayOfMonth - 7 : dayOfMonth);
}

function parseHours(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[-+]/, '').split(':').map(Number);
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + seconds);
}

function unquote(name: string): string {
  return name.replace(/^<|>$/g, '');
}

function pick<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw new Error(`Expected an index below ${values.length}, got ${index}`);
  return value;
}
