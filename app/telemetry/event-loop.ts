/**
 * How late the event loop is. It is the one measure of overload that a single-threaded service cannot miss: whatever the
 * reason, requests wait for as long as timers do. The lateness is smoothed, so that one long turn does not shed requests.
 */
const INTERVAL_MS = 50;
const SMOOTHING = 0.5;

export class EventLoopWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #dueMs = performance.now() + INTERVAL_MS;
  #delayMs = 0;

  constructor() {
    this.#timer = setInterval(() => this.#sample(performance.now()), INTERVAL_MS).unref();
  }

  #sample(nowMs: number): void {
    this.#delayMs += SMOOTHING * (Math.max(0, nowMs - this.#dueMs) - this.#delayMs);
    this.#dueMs = nowMs + INTERVAL_MS;
  }

  /** The smoothed lateness of timers, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
