/**
 * The last exchanges with one peer, and the best of them. Delay is what makes an offset uncertain, and it comes and goes in
 * moments, so the exchange of least delay is believed while it is fresh (the clock filter of RFC 5905, section 10): each
 * interval grows with time, by as much as two clocks that are being slewed can part, until a later one is narrower.
 *
 * Intervals are those of `the peer's wall clock − own monotonic clock`, so that a step of this node's own clock falls
 * between no two timestamps and leaves what was measured before it right. A step of the peer's clock shows as an exchange
 * that an older one excludes: then the older ones are of a clock that is no more.
 */

import { measureOffset, type Exchange, type Offset } from '../clock/exchange.ts';
import { overlap, type Interval } from '../clock/interval.ts';

/** How many exchanges are kept. */
const WINDOW = 8;

/** How fast a wall clock and a monotonic one can part: the kernel slews by up to 500 ppm, crystals add less than that. */
const PARTING_PPM = 1000n;

/** What was measured, and when by the own monotonic clock. */
export interface Sample extends Offset {
  readonly atNs: bigint;
}

export class SampleWindow {
  #samples: readonly Sample[] = [];
  #lastHeardNs: bigint | undefined;

  /**
   * @param exchange with t1 and t4 of the own monotonic clock, t2 and t3 of the peer's wall clock
   * @returns whether the timestamps can be
   */
  add(exchange: Exchange): boolean {
    const offset = measureOffset(exchange);
    if (!offset) return false;
    const atNs = exchange.t4Ns;
    const compatible = this.#samples.filter((older) => overlap(ageSample(older, atNs), offset));
    this.#samples = [{ ...offset, atNs }, ...compatible].slice(0, WINDOW);
    this.#lastHeardNs = atNs;
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
export function ageSample({ lowNs, highNs, atNs }: Sample, nowNs: bigint): Interval {
  const growthNs = partingNs(nowNs - atNs);
  return { lowNs: lowNs - growthNs, highNs: highNs + growthNs };
}

/** Orders samples as their widths at any one moment do: they all grow alike. */
function agedWidthNs({ delayNs, atNs }: Sample): bigint {
  return delayNs - 2n * partingNs(atNs);
}

function partingNs(elapsedNs: bigint): bigint {
  return (elapsedNs * PARTING_PPM) / 1_000_000n;
}
