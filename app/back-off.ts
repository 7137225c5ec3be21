/**
 * Pauses between attempts that fail: each may be twice as long as the one before, up to half a minute, and chance takes up to
 * half of it, so that a cluster does not come back to a server in one wave.
 */
const SHORTEST_MS = 1000;
const LONGEST_MS = 30_000;

export class BackOff {
  #longestMs = SHORTEST_MS;

  /** @returns how long to wait now */
  pauseMs(): number {
    return this.#longestMs * (0.5 + Math.random() / 2);
  }

  /** The attempt before failed: the next pause may be longer. */
  grow(): void {
    this.#longestMs = Math.min(2 * this.#longestMs, LONGEST_MS);
  }

  /** An attempt worked. */
  reset(): void {
    this.#longestMs = SHORTEST_MS;
  }
}
