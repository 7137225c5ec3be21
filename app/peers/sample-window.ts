/**
 * The last exchanges with one peer, and the best of them. Delay is what makes an offset uncertain, and it comes and goes in
 * moments, so the exchange of least delay is believed while it is fresh (the clock filter of RFC 5905, section 10): each
 * interval grows with time, by as much as two clocks that are being slewed can part, until a later one is narrower.
 *
 * Intervals are those of `the peer's wall clock − own monotonic clock`, so that a step of this node's own clock falls
 * between no two timestamps and leaves what was measured before it right. A step of the peer's clock shows as an exchange
 * that an older one excludes: then the older ones are of a clock that is no more.
 */

import { overlap, type Interval } from '../clock/interval.ts';

/** How many exchanges are kept. */
export const WINDOW = 8;

/** How fast a wall clock and a monotonic one can part: the kernel slews by up to 500 ppm, crystals add less than that. */
const PARTING_PPM = 1000n;

/** A question and its answer: sent and heard by the own monotonic clock, between them the peer's wall clock. */
export interface Exchange {
  readonly sentNs: bigint;
  readonly peerReceivedNs: bigint;
  readonly peerSentNs: bigint;
  readonly heardNs: bigint;
}

/** What was measured, and when by the own monotonic clock. */
export interface Sample {
  readonly interval: Interval;
  readonly atNs: bigint;
}

export class SampleWindow {
  #samples: readonly Sample[] = [];
  #lastHeardNs: bigint | undefined;

  /** @returns false for timestamps that cannot be: more time passed at the peer than between question and answer */
  add({ sentNs, peerReceivedNs, peerSentNs, heardNs }: Exchange): boolean {
    const interval = { lowNs: peerSentNs - heardNs, highNs: peerReceivedNs - sentNs };
    if (peerSentNs < peerReceivedNs || interval.lowNs > interval.highNs) return false;
    const compatible = this.#samples.filter((older) => overlap(ageSample(older, heardNs), interval));
    this.#samples = [{ interval, atNs: heardNs }, ...compatible].slice(0, WINDOW);
    this.#lastHeardNs = heardNs;
    return true;
  }

  /** When the last answer came, by the own monotonic clock. */
  get lastHeardNs(): bigint | undefined {
    return this.#lastHeardNs;
  }

  /** The exchange whose interval is the narrowest now, as it was measured; undefined before the first. */
  best(): Sample | undefined {
    let best: Sample | undefined;
    for (const sample of this.#samples) if (!best || agedWidthNs(sample) < agedWidthNs(best)) best = sample;
    return best;
  }
}

/** @returns what a sample is worth at a later moment of the own monotonic clock */
export function ageSample({ interval: { lowNs, highNs }, atNs }: Sample, nowNs: bigint): Interval {
  const growthNs = partingNs(nowNs - atNs);
  return { lowNs: lowNs - growthNs, highNs: highNs + growthNs };
}

/** Orders samples as their widths at any one moment do: they all grow alike. */
function agedWidthNs({ interval: { lowNs, highNs }, atNs }: Sample): bigint {
  return highNs - lowNs - 2n * partingNs(atNs);
}

function partingNs(elapsedNs: bigint): bigint {
  return (elapsedNs * PARTING_PPM) / 1_000_000n;
}
