/**
 * Readings at each whole second of the clock, one for all who listen. A timer of one second drifts, and may fire a
 * millisecond early: here each is set anew for what is left of the second, and one that fires too early is set again.
 */
import type { Clock, ClockReading } from './clock.ts';

const NS_PER_S = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

export type TickListener = (reading: ClockReading) => void;

export class SecondTicker {
  readonly #clock: Clock;
  readonly #listeners = new Set<TickListener>();
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls a listener with a reading once each second, as soon as it has begun.
   *
   * @returns what ends that; without listeners no timer runs
   */
  listen(listener: TickListener): () => void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#wait(this.#clock.now().epochNs);
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) clearTimeout(this.#timer);
    };
  }

  #wait(nowNs: bigint): void {
    const second = nowNs / NS_PER_S;
    const leftMs = Number(((second + 1n) * NS_PER_S - nowNs) / NS_PER_MS) + 1;
    this.#timer = setTimeout(() => {
      const reading = this.#clock.now();
      this.#wait(reading.epochNs);
      if (reading.epochNs / NS_PER_S !== second) for (const listener of this.#listeners) listener(reading);
    }, leftMs);
  }
}
