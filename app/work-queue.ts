/**
 * Work in portions. In one turn of its event loop Node hands over what all connections have sent, and while more than a
 * thousand have sent something it does not even end that turn: libuv polls again, up to 48 times. A probe or a timer would
 * wait for seconds behind costly requests or calls, and the measure of that lateness would not be taken either. So only so
 * much is worked in a turn; the rest waits, in the order in which it came, while everything else is seen to.
 */
const PORTION_MS = 5;

/** When what has waited is shed: an answer now that says "later" beats one that comes too late. */
export interface Shedding {
  /** How late what is being answered is. */
  readonly delayMs: () => number;
  readonly maxDelayMs: number;
}

export class WorkQueue {
  readonly #waiting = new Set<{ readonly work: () => void; readonly sinceMs: number }>();
  #isScheduled = false;
  #portionEndMs = 0;
  #waitedMs = 0;

  /** For how long what is being done has waited here. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** Does it at once where this turn has time for it. */
  do(work: () => void): void {
    const nowMs = performance.now();
    if (!this.#isScheduled) this.#beginPortion(nowMs);
    if (this.#waiting.size > 0 || nowMs >= this.#portionEndMs) this.#waiting.add({ work, sinceMs: nowMs });
    else work();
  }

  #beginPortion(nowMs: number): void {
    this.#portionEndMs = nowMs + PORTION_MS;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (this.#waiting.size === 0) return;
    let nowMs = performance.now();
    this.#beginPortion(nowMs);
    for (const one of this.#waiting) {
      if (nowMs >= this.#portionEndMs) break;
      this.#waiting.delete(one);
      this.#waitedMs = nowMs - one.sinceMs;
      one.work();
      nowMs = performance.now();
    }
    this.#waitedMs = 0;
  };
}
