/**
 * An independent reading of `tzdata.zi`, for comparison: it follows the rules of a zone as zic(8) has them, year by year,
 * and knows nothing of compiled zones, from which the service's table takes its times. What it gives is how every offset
 * is made up, of STDOFF and SAVE.
 */

/** From this second on (since 1970) a zone has this standard offset and this saving. */
export interface Parts {
  readonly atS: number;
  readonly standardSeconds: number;
  readonly savingSeconds: number;
}

interface Rule {
  readonly fromYear: number;
  readonly toYear: number;
  readonly month: number;
  readonly day: string;
  readonly time: string;
  readonly savingSeconds: number;
}

interface Line {
  readonly standardSeconds: number;
  readonly rules: string;
  readonly until: readonly string[];
}

export interface ZoneRules {
  /** Every zone that is no link, with its history in order, from ever to the end of the last year. */
  readonly zones: ReadonlyMap<string, readonly Parts[]>;
  /** From each link to its target. */
  readonly links: ReadonlyMap<string, string>;
}

const DAY_MS = 86_400_000;
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

export function readZoneRules(text: string, lastYear: number): ZoneRules {
  const rulesByName = new Map<string, Rule[]>();
  const linesByZone = new Map<string, Line[]>();
  const links = new Map<string, string>();
  let zone = '';
  for (const [kind = '', ...rest] of text.split('\n').map((line) => line.split(' '))) {
    if (kind === '' || kind === '#') continue;
    if (kind === 'R') {
      const [name = '', from, to = '', , month = '', day = '', time = '', saving = ''] = rest;
      const fromYear = Number(from);
      const toYear = to === 'o' ? fromYear : to.startsWith('ma') ? lastYear : Number(to);
      const rule = { fromYear, toYear, month: monthOf(month), day, time, savingSeconds: seconds(saving) };
      rulesByName.set(name, [...(rulesByName.get(name) ?? []), rule]);
    } else if (kind === 'L') {
      links.set(rest[1] ?? '', rest[0] ?? '');
    } else {
      if (kind === 'Z') zone = rest.shift() ?? '';
      else rest.unshift(kind);
      const [standard = '', rules = '', , ...until] = rest;
      linesByZone.set(zone, [...(linesByZone.get(zone) ?? []), { standardSeconds: seconds(standard), rules, until }]);
    }
  }
  const zones = new Map(Array.from(linesByZone, ([name, lines]) => [name, followLines(lines, rulesByName)] as const));
  return { zones, links };
}

function followLines(lines: readonly Line[], rulesByName: ReadonlyMap<string, readonly Rule[]>): Parts[] {
  const parts: Parts[] = [];
  let startS = -Infinity;
  for (const { standardSeconds, rules, until } of lines) {
    const named = rulesByName.get(rules);
    const occurrences = named ? listOccurrences(named) : [];
    // What happened up to the start, happened on the clocks of the line before.
    const before = parts.at(-1) ?? { standardSeconds, savingSeconds: 0 };
    const past = occurrences.filter(
      ({ rule, dayS }) => toUniversal(dayS, rule.time, before.standardSeconds, before.savingSeconds) <= startS,
    );
    const fixed = named ? undefined : rules === '-' ? 0 : seconds(rules);
    const first = { atS: startS, savingSeconds: fixed ?? past.at(-1)?.rule.savingSeconds ?? 0 };
    const own = [first];
    for (const { rule, dayS } of occurrences.slice(past.length)) {
      const atS = toUniversal(dayS, rule.time, standardSeconds, own.at(-1)?.savingSeconds ?? 0);
      own.push({ atS, savingSeconds: rule.savingSeconds });
    }
    const end = until.length === 0 ? Infinity : findUntil(until, standardSeconds, own);
    parts.push(...own.filter(({ atS }) => atS < end).map((change) => ({ ...change, standardSeconds })));
    startS = end;
  }
  return parts;
}

/** Each time that a rule takes effect, in order. */
function listOccurrences(rules: readonly Rule[]): { rule: Rule; dayS: number }[] {
  return rules
    .flatMap((rule) =>
      Array.from({ length: rule.toYear - rule.fromYear + 1 }, (_, index) => ({
        rule,
        dayS: dayOf(rule.fromYear + index, rule.month, rule.day),
      })),
    )
    .toSorted((a, b) => a.dayS - b.dayS);
}

function findUntil(
  [year = '', month = 'Jan', day = '1', time = '0']: readonly string[],
  standardSeconds: number,
  changes: readonly { atS: number; savingSeconds: number }[],
): number {
  const dayS = dayOf(Number(year), monthOf(month), day);
  // It is on the clocks that the line has then; a change at that very moment comes too late.
  for (const [index, { savingSeconds }] of changes.entries()) {
    const endS = toUniversal(dayS, time, standardSeconds, savingSeconds);
    if (endS <= (changes[index + 1]?.atS ?? Infinity)) return endS;
  }
  throw new Error(`This line never ends: ${year} ${month} ${day} ${time}`);
}

function toUniversal(dayS: number, time: string, standardSeconds: number, savingSeconds: number): number {
  const clockS = dayS + seconds(time.replace(/[wsugz]$/, ''));
  if (/[ugz]$/.test(time)) return clockS;
  return clockS - standardSeconds - (time.endsWith('s') ? 0 : savingSeconds);
}

/** Midnight of a day such as `5`, `lastSu`, `Su>=8` or `Fr<=1`, in seconds since 1970. */
function dayOf(year: number, month: number, text: string): number {
  const [, last, weekday = last, order, bound = text] = /^(?:last(\w+)|(\w+)([<>])=(\d+))$/.exec(text) ?? [];
  const day = Date.UTC(year, last ? month + 1 : month, last ? 0 : Number(bound)) / DAY_MS;
  if (weekday === undefined) return day * 86_400;
  const nearby = [0, 1, 2, 3, 4, 5, 6].map((distance) => day + (order === '>' ? distance : -distance));
  return (nearby.find((candidate) => weekdayOf(candidate).startsWith(weekday.toLowerCase())) ?? NaN) * 86_400;
}

function weekdayOf(days: number): string {
  return DAYS[new Date(days * DAY_MS).getUTCDay()] ?? '';
}

function monthOf(text: string): number {
  const at = MONTHS.findIndex((month) => month.startsWith(text.toLowerCase().slice(0, 3)));
  if (at < 0) throw new Error(`This is no month: ${text}`);
  return at;
}

function seconds(text: string): number {
  const [hours = 0, minutes = 0, rest = 0] = text.replace('-', '').split(':').map(Number);
  return (text.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60 + rest);
}
