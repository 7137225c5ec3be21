/**
 * `/v1/events`: server-sent events, `time` at each whole second and `clock` when what the clock is worth changes. A reader
 * that is too slow is not sent old times out of a queue: while what was sent has not left, only the newest of each event is
 * kept. A drain ends every stream, each told another time to come back, so that they do not all come back at once.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

import * as z from 'zod';

import { NO_STORE } from './answer.ts';
import { clockReadingSchemas, encodeClockReading } from './clock-reading.ts';
import { clockReportSchema, encodeClockReport } from './clock.ts';
import { HttpError } from './problem.ts';
import { defineRoute, exampleOf, type Route } from './route.ts';
import type { HonestClock } from '../clock/honest-clock.ts';
import { SecondTicker } from '../clock/second-ticker.ts';
import type { DrainingServer } from '../drain.ts';

/** Each costs a connection and some memory for as long as a stranger likes. */
const MOST_STREAMS = 1000;

/** When a client whose stream was ended is to come back, at random between these. */
const RETRY_MS = { least: 500, most: 5000 } as const;

/** The last step of the proxies on the way is nginx more often than not: it must not collect events. */
const HEADERS = ['Content-Type', 'text/event-stream; charset=utf-8', 'X-Accel-Buffering', 'no', ...NO_STORE] as const;

export function eventRoutes(streams: EventStreams): Route[] {
  return [
    defineRoute({
      path: '/v1/events',
      summary: 'A stream of events: `time` each second, `clock` when what the clock is worth changes.',
      tag: 'Time',
      pathParameters: {},
      queryParameters: {},
      produces: ['text/event-stream'],
      answers: () => ({
        'text/event-stream': z.string().meta({
          example:
            formatEvent('clock', exampleOf(clockReportSchema()) as object) +
            formatEvent('time', exampleOf(z.object(clockReadingSchemas())) as object),
        }),
      }),
      handle: ({ request }) => ({ status: 200, headers: HEADERS, body: streams.open(request) }),
    }),
  ];
}

/** Everyone who listens. Each event is written once, for all of them. */
export class EventStreams implements DrainingServer, Disposable {
  readonly #clock: HonestClock;
  readonly #ticker: SecondTicker;
  readonly #streams = new Set<EventStream>();
  readonly #resources = new DisposableStack();
  #stopTicking: (() => void) | undefined;
  #isEnding = false;
  #isTelling = false;

  constructor(clock: HonestClock) {
    this.#clock = clock;
    this.#ticker = new SecondTicker(clock);
    this.#resources.use(clock.subscribe(() => this.#tellChange()));
  }

  /** How many listen. */
  get size(): number {
    return this.#streams.size;
  }

  /** @throws HttpError (503) once the streams are being ended, or where there are too many */
  open({ socket }: IncomingMessage): Readable {
    if (this.#isEnding || this.#streams.size >= MOST_STREAMS) {
      const expected = this.#isEnding ? 'a service that is not shutting down' : `at most ${MOST_STREAMS} streams`;
      throw new HttpError(503, `Expected ${expected}, got another stream; try again`, ['Retry-After', '1']);
    }
    const stream = new EventStream(socket);
    stream.once('close', () => this.#remove(stream));
    this.#streams.add(stream);
    this.#stopTicking ??= this.#ticker.listen((reading) => this.#send('time', encodeClockReading(reading)));
    stream.send('clock', formatEvent('clock', encodeClockReport(this.#clock.report())));
    return stream;
  }

  beginDrain(): void {
    // More words would cut off a stream whose last ones are still on their way.
    if (this.#isEnding) return;
    this.#isEnding = true;
    for (const stream of this.#streams) {
      const retryMs = RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least);
      stream.end(`retry: ${Math.round(retryMs)}\n\n`);
    }
  }

  /** The streams end with the connections of their server. */
  close(): Promise<void> {
    this.beginDrain();
    return Promise.resolve();
  }

  closeNow(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  [Symbol.dispose](): void {
    this.closeNow();
    this.#stopTicking?.();
    this.#resources.dispose();
  }

  /** What changes in one sample is told in one event, once the sample is over. */
  #tellChange(): void {
    if (this.#streams.size === 0 || this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      this.#send('clock', encodeClockReport(this.#clock.report()));
    });
  }

  #send(name: EventName, data: object): void {
    const event = formatEvent(name, data);
    for (const stream of this.#streams) stream.send(name, event);
  }

  #remove(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = undefined;
  }
}

type EventName = 'time' | 'clock';

function formatEvent(name: EventName, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** One listener. What is waiting is one event of each name at most. */
class EventStream extends Readable {
  readonly #socket: Socket;
  readonly #waiting = new Map<EventName, string>();
  #isWanted = false;

  constructor(socket: Socket) {
    super({ highWaterMark: 1 });
    this.#socket = socket;
  }

  send(name: EventName, event: string): void {
    this.#waiting.set(name, event);
    this.#flush();
  }

  /** Sends these last words instead of what is waiting, and ends. */
  end(lastWords: string): void {
    this.#waiting.clear();
    this.push(lastWords);
    this.push(null);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#flush();
  }

  #flush(): void {
    // The response takes kilobytes more than the socket has room for; a second later there is a newer time to send.
    if (!this.#isWanted || this.#waiting.size === 0 || this.#socket.writableLength > 0) return;
    this.#isWanted = false;
    const events = [...this.#waiting.values()].join('');
    this.#waiting.clear();
    this.push(events);
  }
}
