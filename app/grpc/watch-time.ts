/**
 * The streams of WatchTime. Written to as a clock ticks, a reader that is slower than its period would be told old times
 * out of a queue that grows; here a reading is written only once the one before has left, and of those that came
 * meanwhile the newest is kept. Watchers of the same zones share one message.
 */
import { create } from '@bufbuild/protobuf';
import { status, type ServerWritableStream } from '@grpc/grpc-js';

import { WatchTimeResponseSchema, type WatchTimeRequest, type WatchTimeResponse } from './generated/time/v1/time_pb.js';
import { encodeReading } from './reading.ts';
import { endStream } from './service.ts';
import { CallError } from './status.ts';
import type { Clock, ClockReading } from '../clock/clock.ts';
import { SecondTicker } from '../clock/second-ticker.ts';
import type { Zone } from '../zones/zone.ts';

const NS_PER_S = 1_000_000_000n;

type Call = ServerWritableStream<WatchTimeRequest, WatchTimeResponse>;

/** Everyone who watches. */
export class TimeWatchers {
  readonly #clock: Clock;
  readonly #ticker: SecondTicker;
  readonly #watchers = new Set<Watcher>();
  #stopTicking: (() => void) | undefined;
  #isEnding = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ticker = new SecondTicker(clock);
  }

  /**
   * Sends a reading now, and then one at each multiple of the period until the call is over.
   *
   * @throws CallError (UNAVAILABLE) once the watches are being ended
   */
  add(call: Call, zones: readonly Zone[], periodS: bigint): void {
    if (this.#isEnding) throw endOfWatch();
    const watcher = new Watcher(call, zones, periodS);
    this.#watchers.add(watcher);
    call.once('cancelled', () => this.#remove(watcher));
    this.#stopTicking ??= this.#ticker.listen((reading) => this.#tick(reading));
    const now = this.#clock.now();
    if (watcher.enterPeriod(now)) watcher.send(encodeResponse(now, zones));
  }

  #tick(reading: ClockReading): void {
    const responses = new Map<string, WatchTimeResponse>();
    for (const watcher of this.#watchers) {
      if (!watcher.enterPeriod(reading)) continue;
      const response = responses.get(watcher.zonesKey) ?? encodeResponse(reading, watcher.zones);
      responses.set(watcher.zonesKey, response);
      watcher.send(response);
    }
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }

  /** Ends every watch and refuses new ones; the ends are spread, so that the watchers do not all come back at once. */
  end(spreadMs: number): void {
    this.#isEnding = true;
    for (const watcher of this.#watchers) setTimeout(() => watcher.end(), Math.random() * spreadMs);
  }
}

function endOfWatch(): CallError {
  return new CallError(status.UNAVAILABLE, 'The server is shutting down; watch again');
}

function encodeResponse(reading: ClockReading, zones: readonly Zone[]): WatchTimeResponse {
  return create(WatchTimeResponseSchema, { reading: encodeReading(reading, zones) });
}

class Watcher {
  readonly zones: readonly Zone[];
  /** The same for all watchers of the same zones. */
  readonly zonesKey: string;
  readonly #call: Call;
  readonly #periodS: bigint;
  /** How many periods there have been since 1970. */
  #period = -1n;
  #isWriting = false;
  #newest: WatchTimeResponse | undefined;

  constructor(call: Call, zones: readonly Zone[], periodS: bigint) {
    this.zones = zones;
    this.zonesKey = zones.map(({ id }) => id).join();
    this.#call = call;
    this.#periodS = periodS;
  }

  /** @returns whether a period has begun since the last call; ticks may be left out, and a clock may be set back */
  enterPeriod({ epochNs }: ClockReading): boolean {
    const period = epochNs / (this.#periodS * NS_PER_S);
    if (period === this.#period) return false;
    this.#period = period;
    return true;
  }

  send(response: WatchTimeResponse): void {
    if (this.#isWriting) {
      this.#newest = response;
      return;
    }
    this.#isWriting = true;
    this.#call.write(response, () => {
      this.#isWriting = false;
      const newest = this.#newest;
      this.#newest = undefined;
      if (newest) this.send(newest);
    });
  }

  end(): void {
    endStream(this.#call, endOfWatch());
  }
}
