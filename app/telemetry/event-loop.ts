/**
 * How late the event loop is. It is the one measure of overload that a single-threaded service cannot miss: whatever the
 * reason, requests wait for as long as timers do. One long turn is no overload, however long: a process that stood still for
 * half a minute with its node can answer at once when it goes on. So the least lateness of the last few timers counts.
 */
const INTERVAL_MS = 50;
const TIMERS = 3;

export class EventLoopWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  readonly #lateMs: number[] = Array.from({ length: TIMERS }, () => 0);
  #dueMs = performance.now() + INTERVAL_MS;

  constructor() {
    this.#timer = setInterval(() => this.#sample(performance.now()), INTERVAL_MS).unref();
  }

  #sample(nowMs: number): void {
    this.#lateMs.shift();
    this.#lateMs.push(Math.max(0, nowMs - this.#dueMs));
    this.#dueMs = nowMs + INTERVAL_MS;
  }

  /** By how much every one of the last timers was late, in milliseconds. */
  get delayMs(): number {
    return Math.min(...this.#lateMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
