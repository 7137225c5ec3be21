/**
 * Work in portions. In one turn of its event loop Node hands over what all connections have sent, and while more than a
 * thousand have sent something it does not even end that turn: libuv polls again, up to 48 times. A probe or a timer would
 * wait for seconds behind costly requests or calls, and the measure of that lateness would not be taken either. So only so
 * much is worked in a turn; the rest waits while everything else is seen to. Connections take turns: one that asks for much
 * at once has its own calls wait, and not those of others.
 */
const PORTION_MS = 5;

interface Waiting {
  readonly work: () => void;
  readonly sinceMs: number;
}

export class WorkQueue {
  /**
   * What waits of each connection. The lists stay when they are empty: with a map of those that wait alone, whose entries
   * come and go, the collector kept requests for long after their end, and a third fewer were answered.
   */
  readonly #waitingOf = new WeakMap<object, Waiting[]>();
  /** Those of connections of which something waits; the one whose turn it is comes first. */
  readonly #turns: Waiting[][] = [];
  #isScheduled = false;
  #portionEndMs = 0;
  #waitedMs = 0;

  /** For how long what is being done has waited here. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /**
   * Does it at once where this turn has time for it.
   *
   * @param readConnection whose work it is; asked for only where it has to wait
   */
  do(work: () => void, readConnection: () => object): void {
    const nowMs = performance.now();
    if (!this.#isScheduled) this.#beginPortion(nowMs);
    if (this.#turns.length > 0 || nowMs >= this.#portionEndMs) this.#add(readConnection(), { work, sinceMs: nowMs });
    else work();
  }

  #add(connection: object, one: Waiting): void {
    let waiting = this.#waitingOf.get(connection);
    if (!waiting) this.#waitingOf.set(connection, (waiting = []));
    if (waiting.push(one) === 1) this.#turns.push(waiting);
  }

  #beginPortion(nowMs: number): void {
    this.#portionEndMs = nowMs + PORTION_MS;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (this.#turns.length === 0) return;
    let nowMs = performance.now();
    this.#beginPortion(nowMs);
    while (nowMs < this.#portionEndMs && this.#turns.length > 0) {
      const waiting = this.#turns.shift()!;
      const { work, sinceMs } = waiting.shift()!;
      if (waiting.length > 0) this.#turns.push(waiting);
      this.#waitedMs = nowMs - sinceMs;
      work();
      nowMs = performance.now();
    }
    this.#waitedMs = 0;
  };
}
