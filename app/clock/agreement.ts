/**
 * Which of several clocks to believe. An average is wrong as soon as one of them lies, by as much as that one likes.
 * Marzullo's agreement needs only that fewer than half lie: then true time is where enough of the intervals overlap.
 *
 * The usual form looks for the greatest overlap, and a liar whose interval half overlaps the honest ones draws it off the
 * truth. Here every point that enough of them hold counts, so the result is wider, and right whatever the liars say:
 *
 *     honest   ├──────────────┤
 *     honest        ├──────────────┤
 *     liar                  ├────────────┤
 *     greatest overlap      ├─┤            misses a truth that is left of it
 *     agreement     ├──────────────┤
 *
 * K. Marzullo, "Maintaining the time in a distributed system", 1984; RFC 5905, section 11.2.1.
 */
import { overlap, type Interval } from './interval.ts';

/** What one source says true time is. */
export interface Claim {
  readonly name: string;
  readonly interval: Interval;
}

export interface Agreement {
  readonly interval: Interval;
  /** The sources that cannot be right if the agreement is. */
  readonly dissenters: readonly string[];
}

/** How many of so many sources may lie: fewer than half. */
export function mostLiars(sources: number): number {
  return Math.max(0, Math.ceil(sources / 2) - 1);
}

/**
 * @param claims of the sources that speak
 * @param known how many sources there are, those that are silent at present included
 * @returns undefined where the claims contradict each other so that more of the sources must lie than can be borne, or
 *   where so few speak that all of them could be liars
 */
export function findAgreement(claims: readonly Claim[], known: number): Agreement | undefined {
  const needed = claims.length - mostLiars(known);
  if (needed <= 0) return undefined;
  const lows = claims.map(({ interval }) => interval.lowNs).toSorted(ascending);
  const highs = claims.map(({ interval }) => interval.highNs).toSorted(ascending);
  const lowNs = lows.find((low) => coverage(claims, low) >= needed);
  const highNs = highs.findLast((high) => coverage(claims, high) >= needed);
  if (lowNs === undefined || highNs === undefined) return undefined;
  const interval = { lowNs, highNs };
  const dissenters = claims.filter((claim) => !overlap(claim.interval, interval)).map(({ name }) => name);
  return { interval, dissenters };
}

/** How many claims hold a point. Overlap can only begin at a low end and end at a high one, so no others are asked. */
function coverage(claims: readonly Claim[], pointNs: bigint): number {
  let count = 0;
  for (const { interval } of claims) if (interval.lowNs <= pointNs && pointNs <= interval.highNs) count += 1;
  return count;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
