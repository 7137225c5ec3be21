/**
 * Whether the service is alive, started and ready. Each is a set of named checks, so that `?verbose` can say which one
 * failed and why, as the Kubernetes API server's own endpoints do.
 */

/** A probe, by the name that Kubernetes has for it. */
export type Probe = 'live' | 'ready' | 'started';

/** @returns undefined while all is well, and otherwise the reason why not, to follow "failed: " */
export type Check = () => string | undefined;

export interface CheckResult {
  readonly name: string;
  readonly failure: string | undefined;
}

export class Health {
  readonly #checks: Record<Probe, Map<string, Check>> = { live: new Map(), ready: new Map(), started: new Map() };

  add(probe: Probe, name: string, check: Check): void {
    this.#checks[probe].set(name, check);
  }

  run(probe: Probe): CheckResult[] {
    return Array.from(this.#checks[probe], ([name, check]) => ({ name, failure: check() }));
  }
}
