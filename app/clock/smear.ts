/**
 * Leap seconds, and the servers that hide them. A leap second comes at the end of a month, and servers announce it in the
 * last day before. Some do not: they spread it over that day and half the next, up to half a second away from everybody
 * else (https://developers.google.com/time/smear). Mixed with the others such a server is a liar, though a well-meaning one.
 * It is known by its silence: most announce the leap second, and it does not.
 */
import type { Leap } from './kernel.ts';

const DAY_NS = 86_400_000_000_000n;
const NS_PER_MS = 1_000_000n;

/** A reference and what it announces. */
export interface Announcement {
  readonly name: string;
  readonly leap: Leap;
}

export class SmearWatch {
  #smeared: ReadonlySet<string> = new Set();
  #untilNs = 0n;

  /**
   * @param references those that speak
   * @param kernelLeap what the kernel will do, which counts as one voice more; undefined where it cannot be asked
   * @param wallNs by the wall clock, since 1970
   * @returns the leap second that most voices announce, and the references that smear it; those are remembered until a day
   *   after it, when the smear is over
   */
  look(
    references: readonly Announcement[],
    kernelLeap: Leap | undefined,
    wallNs: bigint,
  ): { leap: Leap; smeared: ReadonlySet<string> } {
    if (wallNs >= this.#untilNs && this.#smeared.size > 0) this.#smeared = new Set();
    const leaps = references.map((reference) => reference.leap);
    if (kernelLeap) leaps.push(kernelLeap);
    const leap = (['insert', 'delete'] as const).find((candidate) => isMost(leaps, candidate)) ?? 'none';
    if (leap === 'none') return { leap: kernelLeap ?? 'none', smeared: this.#smeared };
    const endNs = endOfMonthNs(wallNs);
    if (endNs - wallNs <= DAY_NS) {
      this.#smeared = new Set(references.filter((other) => other.leap === 'none').map(({ name }) => name));
      this.#untilNs = endNs + DAY_NS;
    }
    return { leap, smeared: this.#smeared };
  }
}

function isMost(leaps: readonly Leap[], leap: Leap): boolean {
  return leaps.filter((other) => other === leap).length * 2 > leaps.length;
}

function endOfMonthNs(wallNs: bigint): bigint {
  const date = new Date(Number(wallNs / NS_PER_MS));
  return BigInt(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)) * NS_PER_MS;
}
