/**
 * An instant in a zone as WorldTimeAPI has it, whose contract devices and libraries were written for: these keys in this
 * order and no others, and two forms, JSON and lines of text. `dst` and the two parts of the offset are the tz database's
 * own, so that summer in Dublin is no daylight saving, and winter there is.
 */
import { formatWallTime, toEpochMs } from './instant.ts';
import { findOffsetInterval, formatOffsetInMinutes, measureInterval, type OffsetInterval } from './transitions.ts';
import type { Zone } from './zone.ts';

/** https://worldtimeapi.org/pages/schema describes the fields; their names are that contract's. */
export interface WorldTime {
  /** The sum of `raw_offset` and `dst_offset`: `+01:00`. */
  readonly utc_offset: string;
  readonly timezone: string;
  /** 0 is Sunday. */
  readonly day_of_week: number;
  /** 1 is New Year's Day. */
  readonly day_of_year: number;
  readonly datetime: string;
  readonly utc_datetime: string;
  /** Whole seconds since 1970. */
  readonly unixtime: number;
  /** The standard offset in seconds. */
  readonly raw_offset: number;
  /** Of ISO 8601. */
  readonly week_number: number;
  readonly dst: boolean;
  readonly abbreviation: string;
  /** What daylight saving adds, in seconds. */
  readonly dst_offset: number;
  /** When daylight saving began and will end; null outside of it, and where it has no such end. */
  readonly dst_from: string | null;
  readonly dst_until: string | null;
  /** The address of the caller. */
  readonly client_ip: string;
}

const DAY_MS = 86_400_000;
const NS_PER_MS = 1_000_000n;

export function readWorldTime(zone: Zone, epochNs: bigint, clientIp: string): WorldTime {
  const interval = findOffsetInterval(zone, epochNs);
  const { offsetSeconds, type } = interval;
  const epochMs = toEpochMs(epochNs);
  const day = readDay(Math.floor((epochMs + offsetSeconds * 1000) / DAY_MS));
  const saving = type.isDst ? findSaving(zone, interval) : undefined;
  const offset = formatOffsetInMinutes(offsetSeconds);
  return {
    utc_offset: offset,
    timezone: zone.id,
    day_of_week: day.ofWeek,
    day_of_year: day.ofYear,
    datetime: formatWallTime(epochNs, offsetSeconds) + offset,
    utc_datetime: `${formatWallTime(epochNs, 0)}+00:00`,
    unixtime: Math.floor(epochMs / 1000),
    raw_offset: type.standardOffsetSeconds,
    week_number: day.week,
    dst: type.isDst,
    abbreviation: type.abbreviation,
    dst_offset: type.savingSeconds,
    dst_from: saving?.from ?? null,
    dst_until: saving?.until ?? null,
    client_ip: clientIp,
  };
}

/** The text form: a line a field, `key: value`, and nothing after the colon and the blank where there is no value. */
export function formatWorldTime(time: WorldTime): string {
  return Object.entries(time)
    .map(([key, value]) => `${key}: ${value ?? ''}\n`)
    .join('');
}

interface Day {
  readonly ofWeek: number;
  readonly ofYear: number;
  readonly week: number;
}

let lastDay: { readonly number: number; readonly day: Day } | undefined;

/** @param number days since 1970 on the calendar of a zone; at most three are current on Earth, and mostly one */
function readDay(number: number): Day {
  if (lastDay?.number === number) return lastDay.day;
  const { dayOfWeek, dayOfYear, weekOfYear } = new Temporal.PlainDate(1970, 1, 1).add({ days: number });
  const day = { ofWeek: dayOfWeek % 7, ofYear: dayOfYear, week: weekOfYear ?? 0 };
  lastDay = { number, day };
  return day;
}

interface Saving {
  readonly from: string | null;
  readonly until: string | null;
}

const savings = new WeakMap<OffsetInterval, Saving>();

/** The whole time of daylight saving around an interval: double summer time lies within the simple one. */
function findSaving(zone: Zone, interval: OffsetInterval): Saving {
  const known = savings.get(interval);
  if (known) return known;
  let { fromMs, untilMs } = interval;
  for (let before = neighbour(zone, fromMs - 1); before?.type.isDst; before = neighbour(zone, fromMs - 1)) {
    fromMs = before.fromMs;
  }
  for (let after = neighbour(zone, untilMs); after?.type.isDst; after = neighbour(zone, untilMs)) {
    untilMs = after.untilMs;
  }
  const saving = { from: formatEnd(fromMs), until: formatEnd(untilMs) };
  savings.set(interval, saving);
  return saving;
}

function neighbour(zone: Zone, epochMs: number): OffsetInterval | undefined {
  return Number.isFinite(epochMs) ? measureInterval(zone, BigInt(epochMs) * NS_PER_MS) : undefined;
}

/** `2026-03-29T01:00:00+00:00` */
function formatEnd(epochMs: number): string | null {
  return Number.isFinite(epochMs) ? new Date(epochMs).toISOString().replace('.000Z', '+00:00') : null;
}
