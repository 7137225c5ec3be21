/**
 * Finding the other instances, and never losing them again. However they are found, finding them fails at times: the API
 * server is away, a name does not resolve, a watch ends. Then what was known stays, and another attempt is made after a
 * pause that grows, and that chance spreads, so that a cluster does not come back to its API server in one wave.
 */
import { BackOff } from '../back-off.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * Yields all instances, this one included, and again each time that may have changed. It ends where it is to be begun anew.
 */
export type Discovery = (signal: AbortSignal) => AsyncIterable<readonly Endpoint[]>;

/** Waits, or rejects once the signal is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

export interface Follower {
  readonly onEndpoints: (endpoints: readonly Endpoint[]) => void;
  readonly onFailure: (error: unknown, pauseMs: number) => void;
}

/** Keeps a discovery running until the signal is aborted. */
export async function followDiscovery(
  discover: Discovery,
  { onEndpoints, onFailure }: Follower,
  { sleep, signal }: { sleep: Sleep; signal: AbortSignal },
): Promise<void> {
  const backOff = new BackOff();
  while (!signal.aborted) {
    let failure: unknown;
    try {
      for await (const endpoints of discover(signal)) {
        onEndpoints(endpoints);
        backOff.reset();
      }
    } catch (error) {
      failure = error;
    }
    if (signal.aborted) return;
    const pauseMs = backOff.pauseMs();
    if (failure !== undefined) {
      onFailure(failure, pauseMs);
      backOff.grow();
    }
    // Rejected by the signal alone.
    await sleep(pauseMs, signal).catch(() => {});
  }
}
