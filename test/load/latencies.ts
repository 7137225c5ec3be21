/**
 * Latencies in buckets a hundredth apart, so that any number of them takes 18 KB. A client that waits for one slow answer
 * does not send the requests that would have met the same stall: they are omitted exactly when they matter. The corrected
 * copy puts them back, as HdrHistogram does (http://hdrhistogram.org, "Coordinated Omission").
 */

const RATIO = 1.01;
const LOG_RATIO = Math.log(RATIO);
/** The first bucket ends at a microsecond, the last after some six hours. */
const BUCKETS = 2400;

export class Latencies {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  record(latencyMs: number): void {
    this.#add(latencyMs, 1);
  }

  /** @param share from 0 to 1; the answer is at most a hundredth too high, and 0 where nothing was recorded */
  percentileMs(share: number): number {
    let left = share * this.#count;
    const index = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.min(endOfBucketMs(index), this.#maxMs);
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** @param intervalMs the time after which a client would have sent its next request, had there been no stall */
  correct(intervalMs: number): Latencies {
    const corrected = new Latencies();
    this.#counts.forEach((count, index) => {
      if (count === 0) return;
      const latencyMs = Math.min(endOfBucketMs(index), this.#maxMs);
      corrected.#add(latencyMs, count);
      for (let omittedMs = latencyMs - intervalMs; omittedMs >= intervalMs; omittedMs -= intervalMs) {
        corrected.#add(omittedMs, count);
      }
    });
    return corrected;
  }

  #add(latencyMs: number, count: number): void {
    const index = Math.ceil(Math.log(latencyMs * 1000) / LOG_RATIO);
    const bounded = Math.max(0, Math.min(index, BUCKETS - 1));
    this.#counts[bounded] = (this.#counts[bounded] ?? 0) + count;
    this.#count += count;
    this.#maxMs = Math.max(this.#maxMs, latencyMs);
  }
}

function endOfBucketMs(index: number): number {
  return RATIO ** index / 1000;
}
