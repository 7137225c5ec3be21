/**
 * Keeps a registry told about this instance: from when it is first ready, that it is there and whether it is ready, until it
 * leaves. A registry that is away, slow or refusing costs nothing but a line in the log. One that has forgotten the instance,
 * as it does when it restarts with empty state, says so at the next renewal and is told anew.
 */
import { setTimeout as wait } from 'node:timers/promises';

import { BackOff } from '../back-off.ts';
import { RegistryError } from './registry-client.ts';

/** One registry, and this instance in it. Each call rejects where the registry cannot be reached or refuses. */
export interface Registry {
  /** How often it wants to hear of an instance. */
  readonly renewalMs: number;
  /** How long after an instance has left others may still find it, in their caches or the registry's. */
  readonly turnoverMs: number;
  /** Tells of the instance whether or not it is known there. */
  register(isReady: boolean): Promise<void>;
  /** @throws RegistryError with status 404 where the registry does not know the instance */
  renew(isReady: boolean): Promise<void>;
  deregister(): Promise<void>;
}

export interface RegistrationEvents {
  readonly onRegister: () => void;
  readonly onLeave: () => void;
  readonly onFailure: (error: unknown, pauseMs: number) => void;
}

export type Pause = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** The servers keep the process alive; this does not. */
const pause: Pause = (ms, signal) => wait(ms, undefined, { signal, ref: false });

/** How often readiness is looked at. */
const LOOK_MS = 1000;

/** How often it is tried to leave: a registry that is away forgets the instance by itself, when it is not renewed. */
const LEAVING_ATTEMPTS = 2;

export class Registration {
  readonly #registry: Registry;
  readonly #isReady: () => boolean;
  readonly #events: RegistrationEvents;
  readonly #pause: Pause;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #isTold = false;

  /** Begins at once. */
  constructor(registry: Registry, isReady: () => boolean, events: RegistrationEvents, pauseWith = pause) {
    this.#registry = registry;
    this.#isReady = isReady;
    this.#events = events;
    this.#pause = pauseWith;
    this.#ended = this.#keepTold();
  }

  /**
   * Takes the instance out of the registry, and waits until nobody finds it any more. A request that is under way is waited
   * for first: cut off, it could still arrive, after the one that is to undo it.
   *
   * @param turnoverMs in place of the registry's own
   */
  async leave(turnoverMs = this.#registry.turnoverMs): Promise<void> {
    this.#ending.abort();
    await this.#ended;
    if (!this.#isTold) return;
    const { signal } = new AbortController();
    for (let attempt = 1; attempt <= LEAVING_ATTEMPTS; attempt++) {
      try {
        await this.#registry.deregister().catch(ignoreUnknown);
        this.#events.onLeave();
        break;
      } catch (error) {
        this.#events.onFailure(error, 0);
      }
    }
    await this.#pause(turnoverMs, signal);
  }

  async #keepTold(): Promise<void> {
    const { signal } = this.#ending;
    const backOff = new BackOff();
    while (!this.#isReady() && !signal.aborted) await this.#rest(LOOK_MS);
    let isKnown = false;
    while (!signal.aborted) {
      const isReady = this.#isReady();
      try {
        if (isKnown) await this.#registry.renew(isReady);
        else {
          this.#isTold = true;
          await this.#registry.register(isReady);
          this.#events.onRegister();
        }
        isKnown = true;
        backOff.reset();
        for (let ms = 0; ms < this.#registry.renewalMs && this.#isReady() === isReady; ms += LOOK_MS) {
          await this.#rest(LOOK_MS);
        }
      } catch (error) {
        const isForgotten = isKnown && isUnknown(error);
        isKnown = false;
        if (isForgotten) continue;
        const pauseMs = backOff.pauseMs();
        this.#events.onFailure(error, pauseMs);
        backOff.grow();
        await this.#rest(pauseMs);
      }
    }
  }

  /** Is over early when the instance leaves. */
  async #rest(ms: number): Promise<void> {
    if (!this.#ending.signal.aborted) await this.#pause(ms, this.#ending.signal).catch(() => {});
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof RegistryError && error.status === 404;
}

function ignoreUnknown(error: unknown): void {
  if (!isUnknown(error)) throw error;
}
