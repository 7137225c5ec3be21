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
  /** What waits of each connection; the connection whose turn it is comes first. */
  readonly #waiting = new Map<unknown, Waiting[]>();
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
  do(work: () => void, readConnection: () => unknown): void {
    const nowMs = performance.now();
    if (!this.#isScheduled) this.#beginPortion(nowMs);
    if (this.#waiting.size > 0 || nowMs >= this.#portionEndMs) this.#add(readConnection(), { work, sinceMs: nowMs });
    else work();
  }

  #add(connection: unknown, one: Waiting): void {
    const others = this.#waiting.get(connection);
    if (others) others.push(one);
    else this.#waiting.set(connection, [one]);
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
    // What is put back behind the others comes up again, until the time is over.
    for (const [connection, [one, ...others]] of this.#waiting) {
      if (nowMs >= this.#portionEndMs) break;
      this.#waiting.delete(connection);
      if (others.length > 0) this.#waiting.set(connection, others);
      this.#waitedMs = nowMs - one!.sinceMs;
      one!.work();
      nowMs = performance.now();
    }
    this.#waitedMs = 0;
  };
}
