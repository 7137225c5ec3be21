/**
 * Pages of a list of zones, as AIP-158 has them. A token carries what fixed the list, its instant and filters, and the name
 * the page before ended with: the server remembers nothing, and pages agree although a transition falls between them.
 * https://google.aip.dev/158
 */
import { ExpectationError } from '../zones/expectation.ts';
import type { ListedZone, ZoneFilter } from '../zones/zone-list.ts';

const DEFAULT_SIZE = 100;
const MOST_ZONES = 1000;

/** Where a page begins. */
export interface PageStart {
  /** The instant whose offsets are listed. */
  readonly epochNs: bigint;
  /** The name before the page's first; empty for the first page. */
  readonly after: string;
}

export interface Page {
  readonly zones: readonly ListedZone[];
  /** Empty on the last page. */
  readonly nextPageToken: string;
}

/** @throws ExpectationError for a negative size */
export function readPageSize(size: number): number {
  if (size < 0) throw new ExpectationError('a page size that is not negative', String(size));
  return size === 0 ? DEFAULT_SIZE : Math.min(size, MOST_ZONES);
}

/** @param list every zone of the list, in the order of their names */
export function cutPage(list: readonly ListedZone[], filter: ZoneFilter, start: PageStart, size: number): Page {
  const rest = list.filter(({ zone }) => zone.id > start.after);
  const zones = rest.slice(0, size);
  const last = zones.at(-1);
  const isLast = last === undefined || rest.length === zones.length;
  return { zones, nextPageToken: isLast ? '' : formatToken(filter, { epochNs: start.epochNs, after: last.zone.id }) };
}

function formatToken({ area = '', country = '', q = '' }: ZoneFilter, { epochNs, after }: PageStart): string {
  return Buffer.from(`${epochNs} ${after} ${area}\n${country}\n${q}`).toString('base64url');
}

/**
 * @param atNs the instant that the request names, if it does
 * @throws ExpectationError for a token that was not given for these filters and this instant
 */
export function readPageToken(token: string, filter: ZoneFilter, atNs: bigint | undefined): PageStart {
  const [, epochNs, after] = /^(-?\d{1,20}) (\S+) /.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (epochNs !== undefined && after !== undefined) {
    const start = { epochNs: atNs ?? BigInt(epochNs), after };
    if (formatToken(filter, start) === token) return start;
  }
  throw new ExpectationError('a page token that was given for the same request', token);
}
