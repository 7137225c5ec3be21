/** Numbers and times as a person reads them, in the reader's locale. */

const MINUTE_MS = 60_000;

/** `12 ms`, `3.2 s`, `30 min`: two significant digits, because a bound has no more. */
export function formatDuration(durationMs: number): string {
  const size = Math.abs(durationMs);
  if (size < 1) return `${round(size * 1000)} µs`;
  if (size < 1000) return `${round(size)} ms`;
  if (size < 2 * MINUTE_MS) return `${round(size / 1000)} s`;
  if (size < 60 * MINUTE_MS) return `${round(size / MINUTE_MS)} min`;
  return `${round(size / (60 * MINUTE_MS))} h`;
}

function round(value: number): string {
  return Number(value.toPrecision(value >= 100 ? 3 : 2)).toString();
}

/** How far a clock is off, in words; within the uncertainty it cannot be told. */
export function describeOffset(offsetMs: number, uncertaintyMs: number): string {
  if (Math.abs(offsetMs) <= uncertaintyMs) return `right, to within ${formatDuration(uncertaintyMs)}`;
  return `${formatDuration(offsetMs)} ${offsetMs > 0 ? 'ahead' : 'behind'}, ± ${formatDuration(uncertaintyMs)}`;
}

/** An offset of the service, `+05:30` or `-00:44:30`, in milliseconds. */
export function parseOffset(offset: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number);
  return (offset.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** `Europe/Isle_of_Man` is `Isle of Man`. */
export function nameCity(zone: string): string {
  return (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');
}

/**
 * A formatter of wall times: an instant is shifted by its zone's offset and written as if it were UTC, so that the service's
 * tz database decides and not the browser's.
 */
export function wallTimeFormat(
  locale: string | undefined,
  options: Intl.DateTimeFormatOptions,
): (wallMs: number) => string {
  const format = new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' });
  return (wallMs) => format.format(wallMs);
}
