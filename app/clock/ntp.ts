/**
 * An NTP reference: asks one server again and again, and tells what each answer says of true time. Every question has a
 * socket and so a port of its own (RFC 9109), connected, so that only the server's address can answer.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';

import { boundTruth } from './exchange.ts';
import type { ReferenceAnswer } from './honest-clock.ts';
import { decodeAnswer, encodeQuery, type NtpAnswer } from './ntp-packet.ts';
import { delayBeforePoll, FIRST_POLL, isCountedOut, noteOutcome, type PollOutcome } from './poll-schedule.ts';
import type { TimeSource } from './time-source.ts';
import { ExpectationError } from '../zones/expectation.ts';

const DEFAULT_PORT = 123;
const ANSWER_TIMEOUT_MS = 1000;

/** After a step a fresh answer is wanted soon; a server that was asked so lately is not asked again before its time. */
const HASTE_AFTER_MS = 16_000;

export interface NtpServer {
  /** As it was configured. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/**
 * @param text `host`, `host:port`, `[2001:db8::1]:123`
 * @throws ExpectationError for anything else
 */
export function parseNtpServer(text: string): NtpServer {
  const match = /^(?:\[(?<v6>[\da-fA-F:.]+)\]|(?<host>[\w.-]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const { v6, host = v6, port = DEFAULT_PORT } = match?.groups ?? {};
  if (!host || Number(port) < 1 || Number(port) > 65_535) {
    throw new ExpectationError('an NTP server such as time.example.com, 192.0.2.1:123 or [2001:db8::1]:123', text);
  }
  return { name: text, host, port: Number(port) };
}

/** What a reference tells of itself. */
export interface ReferenceEvents {
  readonly onAnswer: (answer: ReferenceAnswer) => void;
  /** It has been silent for long, or wants not to be asked: it no longer counts. */
  readonly onCountedOut: () => void;
  /** What an operator should hear of: a refusal, or why an answer cannot be used. */
  readonly onComplaint: (complaint: string) => void;
}

export class NtpReference implements Disposable {
  readonly #server: NtpServer;
  readonly #time: TimeSource;
  readonly #events: ReferenceEvents;
  readonly #ended = new AbortController();
  #schedule = FIRST_POLL;
  #timer: NodeJS.Timeout | undefined;
  #askedAtMs = -Infinity;
  #complaint: string | undefined;

  constructor(server: NtpServer, time: TimeSource, events: ReferenceEvents) {
    this.#server = server;
    this.#time = time;
    this.#events = events;
    this.#wait(0);
  }

  /** Asks soon where the last question was a while ago. */
  hasten(): void {
    const isLate = performance.now() - this.#askedAtMs > HASTE_AFTER_MS;
    if (this.#timer && isLate && !this.#schedule.isRefused) this.#wait(1000 * Math.random());
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
  }

  #wait(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#poll(), delayMs).unref();
  }

  async #poll(): Promise<void> {
    this.#timer = undefined;
    this.#askedAtMs = performance.now();
    let outcome: PollOutcome;
    try {
      outcome = this.#take(await askServer(this.#server, this.#time, this.#ended.signal));
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      this.#complain((error as Error).message);
      outcome = 'unanswered';
    }
    const wasCountedOut = isCountedOut(this.#schedule);
    this.#schedule = noteOutcome(this.#schedule, outcome);
    if (!wasCountedOut && isCountedOut(this.#schedule)) this.#events.onCountedOut();
    const delayMs = delayBeforePoll(this.#schedule, Math.random());
    if (delayMs !== undefined) this.#wait(delayMs);
  }

  #take({ answer, askedAtNs, answeredAtNs }: TimedAnswer): PollOutcome {
    if (answer.kind === 'kiss') {
      this.#complain(`it answers ${JSON.stringify(answer.code)}`);
      if (answer.code === 'RATE') return 'told-to-slow-down';
      return answer.code === 'DENY' || answer.code === 'RSTR' ? 'refused' : 'unanswered';
    }
    const interval =
      answer.kind === 'time' && boundTruth({ ...answer, t1Ns: askedAtNs, t4Ns: answeredAtNs }, answer.boundNs);
    if (!interval) {
      this.#complain(answer.kind === 'unusable' ? answer.reason : 'it stayed with the question longer than it took');
      return 'unanswered';
    }
    this.#complaint = undefined;
    this.#events.onAnswer({ askedAtNs, answeredAtNs, interval, leap: answer.leap });
    return 'answered';
  }

  /** Says a thing once, until something else is wrong or all is well again. */
  #complain(complaint: string): void {
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#events.onComplaint(complaint);
  }
}

interface TimedAnswer {
  readonly answer: NtpAnswer;
  /** By the monotonic clock. */
  readonly askedAtNs: bigint;
  readonly answeredAtNs: bigint;
}

/**
 * Asks one question. What comes back without its cookie is as if it had not come.
 *
 * @throws Error when nothing came in time, or there is no way to the server
 */
async function askServer({ host, port }: NtpServer, time: TimeSource, ended: AbortSignal): Promise<TimedAnswer> {
  const { address, family } = await lookup(host);
  const { promise, resolve, reject } = Promise.withResolvers<TimedAnswer>();
  const cookie = randomBytes(8).readBigUInt64BE();
  const signal = AbortSignal.any([ended, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  signal.addEventListener('abort', () => reject(new Error(`no answer within ${ANSWER_TIMEOUT_MS} ms`)));
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4').unref();
  let askedAtNs = 0n;
  socket.on('error', reject);
  socket.on('message', (packet) => {
    const answeredAtNs = time.monotonicNs();
    const answer = decodeAnswer(packet, cookie, time.wallNs());
    if (answer) resolve({ answer, askedAtNs, answeredAtNs });
  });
  socket.once('connect', () => {
    askedAtNs = time.monotonicNs();
    socket.send(encodeQuery(cookie));
  });
  // Without a callback, which would be given the error in the place of 'error'.
  socket.connect(port, address);
  try {
    return await promise;
  } finally {
    socket.close();
  }
}
