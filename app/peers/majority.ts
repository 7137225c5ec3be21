/**
 * When a node must believe that it is its own clock which is wrong. That others disagree is not enough: where clocks are
 * wild, every node disagrees with every other, and a cluster that took itself away would be worse than one whose clocks are
 * wrong. So a node is outvoted only where more than half of all nodes known, itself included, agree with each other
 * and not with it. Of two such groups there can be only one, and its members stay. Two nodes never have one.
 */

import type { PeerOffset } from '../clock/peer-report.ts';

/** @returns how far apart the two clocks are at least, wherever in its uncertainty the offset lies; negative within it */
export function leastSkewNs({ offsetNs, uncertaintyNs }: PeerOffset): bigint {
  return (offsetNs < 0n ? -offsetNs : offsetNs) - uncertaintyNs;
}

/**
 * @param offsets of the peers that are heard
 * @param peers how many there are, silent ones included: silence supports nobody
 */
export function isOutvoted(offsets: readonly PeerOffset[], peers: number, toleranceNs: bigint): boolean {
  const needed = Math.floor((peers + 1) / 2) + 1;
  const against = offsets
    .filter((offset) => leastSkewNs(offset) > toleranceNs)
    .map(({ offsetNs, uncertaintyNs }) => ({ lowNs: offsetNs - uncertaintyNs, highNs: offsetNs + uncertaintyNs }));
  // Two clocks agree where they may be within the tolerance of each other. Those that all do so share a point once each is
  // widened by half of it, and the last of them to begin begins there.
  return against.some(({ lowNs }) => {
    const group = against.filter((other) => other.lowNs <= lowNs && lowNs - other.highNs <= toleranceNs);
    return group.length >= needed;
  });
}

/** How long a majority must have been against a node before that counts, and how long gone before it no longer does. */
const OUTVOTED_AFTER_NS = 10_000_000_000n;
const CLEARED_AFTER_NS = 30_000_000_000n;

/** Turns over only what has lasted, so that a clock at the edge of the tolerance does not take its node in and out. */
export class Hysteresis {
  #isOn = false;
  /** Since when the input differs from the output. */
  #sinceNs: bigint | undefined;

  get isOn(): boolean {
    return this.#isOn;
  }

  update(isOn: boolean, nowNs: bigint): void {
    if (isOn === this.#isOn) {
      this.#sinceNs = undefined;
      return;
    }
    this.#sinceNs ??= nowNs;
    if (nowNs - this.#sinceNs < (isOn ? OUTVOTED_AFTER_NS : CLEARED_AFTER_NS)) return;
    this.#isOn = isOn;
    this.#sinceNs = undefined;
  }
}
