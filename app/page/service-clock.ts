/**
 * The service's clock as this page has it: measured in a burst, then every few seconds, and kept on the reader's steady
 * clock in between. Each measurement is also how the page knows that the service is there.
 */
import { carryForward, choose, measure, type Measurement } from './exchange.ts';
import { ask, parseInstantMs, query } from './service.ts';

/** `/v1/exchange`, as far as this page reads it. */
interface ExchangeAnswer {
  readonly t2: string;
  readonly t3: string;
  readonly clock: { readonly state: string; readonly boundUs: number | null };
}

export type Connection = 'connecting' | 'connected' | 'lost';

export interface ServiceTime {
  readonly epochMs: number;
  /** What the way to the service hides. */
  readonly linkMs: number;
  /** How far true time can be from the service's clock; null where it gives no bound. */
  readonly boundMs: number | null;
}

const BURST = 5;
const INTERVAL_MS = 5000;
const RETRIES_MS = [500, 1000, 2000, 4000, 8000];

export class ServiceClock extends EventTarget {
  connection: Connection = 'connecting';
  /** When the connection was lost, by the service's clock. */
  lostAtMs: number | undefined;
  state = 'unknown';
  roundTripMs: number | undefined;
  #measurement: Measurement | undefined;
  #boundMs: number | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The time, or undefined before the first answer. */
  now(): ServiceTime | undefined {
    if (!this.#measurement) return undefined;
    const { serviceMs, uncertaintyMs } = carryForward(this.#measurement, performance.now());
    return { epochMs: serviceMs, linkMs: uncertaintyMs, boundMs: this.#boundMs };
  }

  /** Measures at once, and from then on by itself. */
  async run(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      for (let sample = this.connection === 'connected' ? 1 : BURST; sample > 0; sample--) await this.#sample();
      this.#failures = 0;
      this.#become('connected');
    } catch {
      this.#failures += 1;
      this.#become('lost');
    }
    const delayMs =
      this.#failures === 0 ? INTERVAL_MS : (RETRIES_MS[this.#failures - 1] ?? RETRIES_MS.at(-1) ?? INTERVAL_MS);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.run(), delayMs);
  }

  async #sample(): Promise<void> {
    const t1Ms = performance.now();
    // What the service echoes is only for callers who lose count; the steady clock's own reading of t1 is exact.
    const { t2, t3, clock } = await ask<ExchangeAnswer>(`/v1/exchange${query({ t1: new Date().toISOString() })}`);
    const t4Ms = performance.now();
    const fresh = measure({ t1Ms, t2Ms: parseInstantMs(t2), t3Ms: parseInstantMs(t3), t4Ms });
    if (fresh) this.#measurement = choose(this.#measurement, fresh);
    this.roundTripMs = t4Ms - t1Ms;
    this.#boundMs = clock.boundUs === null ? null : clock.boundUs / 1000;
    this.state = clock.state;
  }

  #become(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    this.lostAtMs = connection === 'lost' ? this.now()?.epochMs : undefined;
    this.dispatchEvent(new Event('connection'));
  }
}
