/**
 * How many connections strangers may hold, to both public ports together. One that says nothing costs some 17 KB; a pod that
 * runs out of memory is killed with all that it has open, where one connection too many is merely closed.
 */
import type { Socket } from 'node:net';

/** What 256 MiB bear, as test/faults measures. */
const MOST_CONNECTIONS = 10_100;

export class ConnectionLimit {
  readonly #most: number;
  #open = 0;
  #refused = 0;

  constructor(most = MOST_CONNECTIONS) {
    this.#most = most;
  }

  get open(): number {
    return this.#open;
  }

  /** How many there were too many, since the start. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Counts a connection until it closes, or closes it now.
   *
   * @returns whether it may stay
   */
  admit(socket: Socket): boolean {
    if (this.#open >= this.#most) {
      this.#refused += 1;
      socket.destroy();
      return false;
    }
    this.#open += 1;
    socket.once('close', this.#leave);
    return true;
  }

  readonly #leave = (): void => {
    this.#open -= 1;
  };
}
