/**
 * What one connection may do, and how it ends. grpc-js bounds its streams, but not its pings or its metadata; and it ends
 * a connection by closing it, at which a call that is just being sent meets a reset. Here the end is announced with a
 * GOAWAY first, and the connection left open for a while: the client learns which calls were not taken, and makes them
 * again elsewhere by itself (https://github.com/grpc/proposal/blob/master/A6-client-retries.md#transparent-retries).
 */
import { once } from 'node:events';
import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A client keeps one connection for ever, and so stays with one pod. At this age it is sent to look for one again. */
const MAX_AGE_MS = 300_000;

/** How far ages differ, so that clients which came together do not leave together. */
const AGE_JITTER = 0.1;

/** What a stream may still take once its connection's end was announced. */
const GRACE_MS = 60_000;

/** How long clients may take to heed an announcement: several times a round trip. */
const LEAVE_MS = 250;

/** The metadata of a call, names and values; gRPC recommends 8 KiB. */
const MAX_METADATA_BYTES = 8 * 1024;

/** The shortest keepalive that gRPC lets a client have. */
const SHORTEST_PING_INTERVAL_MS = 10_000;

const MOST_PING_STRIKES = 2;

/** How long a client may take to say what it sends first, the preface of HTTP/2 and the head of its settings. */
const PREFACE_TIMEOUT_MS = 5000;
const PREFACE_BYTES = 24 + 9;

/** More than it takes to acknowledge a ping and settings, and less than any answer does. */
const ACKNOWLEDGEMENT_BYTES = 32;

/** What gRPC's clients know this refusal by; they make their keepalive slower then. */
const TOO_MANY_PINGS = Buffer.from('too_many_pings');

export class Connections {
  /** Connections whose clients have yet to speak. */
  readonly #silent = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #leaving = new WeakSet<ServerHttp2Session>();

  constructor(server: Http2Server) {
    server.updateSettings({ maxHeaderListSize: MAX_METADATA_BYTES });
    server.on('session', (session) => this.#take(session));
  }

  /**
   * Hands a connection on once its client speaks HTTP/2. Nothing else ends one that does not in good time: grpc-js waits
   * 80 s for the answer to a ping. Until then it is a mere socket, which costs less than a session.
   *
   * @param take makes a session of it
   */
  welcome(socket: Socket, take: (socket: Socket) => void): void {
    const timer = setTimeout(() => socket.destroy(), PREFACE_TIMEOUT_MS).unref();
    const listen = () => {
      // At the end of all that comes it is given less, and the session says what is wrong with that.
      const bytes = socket.read(PREFACE_BYTES) as Buffer | null;
      if (bytes === null) return;
      forget();
      socket.unshift(bytes);
      take(socket);
    };
    const forget = () => {
      this.#silent.delete(socket);
      clearTimeout(timer);
      socket.off('readable', listen).off('error', ignore).off('close', forget);
    };
    this.#silent.add(socket);
    socket.on('readable', listen).on('error', ignore).once('close', forget);
  }

  #take(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    refusePingAbuse(session);
    let timer = setTimeout(
      () => {
        this.#announceEnd(session);
        timer = setTimeout(() => session.destroy(), GRACE_MS).unref();
      },
      MAX_AGE_MS * (1 - AGE_JITTER + 2 * AGE_JITTER * Math.random()),
    ).unref();
    session.once('close', () => {
      this.#sessions.delete(session);
      clearTimeout(timer);
    });
  }

  #announceEnd(session: ServerHttp2Session): void {
    if (this.#leaving.has(session) || session.destroyed) return;
    this.#leaving.add(session);
    session.goaway(constants.NGHTTP2_NO_ERROR);
  }

  /** Announces the end of all connections that there are now. */
  announceEnds(): void {
    for (const session of this.#sessions) this.#announceEnd(session);
  }

  /** Waits until every client has left, though not for one that has nothing to send and so stays; silent ones are cut off. */
  async leave(): Promise<void> {
    const ends = Array.from(this.#sessions, (session) => once(session, 'close'));
    await Promise.race([Promise.allSettled(ends), delay(LEAVE_MS, undefined, { ref: false })]);
    this.#destroySilent();
  }

  /** Cuts off what is left. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
    this.#destroySilent();
  }

  #destroySilent(): void {
    for (const socket of this.#silent) socket.destroy();
  }
}

/** A connection that breaks before its client has spoken is closed, and that is all. */
function ignore(): void {}

/**
 * The rule is gRPC's own: a ping that comes too soon after the last, with nothing sent in between, is a strike, and too
 * many end the connection. Clients that measure their bandwidth ping when they got data, which makes it no strike.
 * https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md
 */
function refusePingAbuse(session: ServerHttp2Session): void {
  let lastMs = -Infinity;
  let lastBytes = 0;
  let strikes = 0;
  session.on('ping', () => {
    const nowMs = performance.now();
    const bytes = session.socket.bytesWritten;
    const isEarly = nowMs - lastMs < SHORTEST_PING_INTERVAL_MS;
    const isIdle = bytes - lastBytes <= ACKNOWLEDGEMENT_BYTES;
    strikes = isEarly && isIdle ? strikes + 1 : 0;
    lastMs = nowMs;
    lastBytes = bytes;
    if (strikes <= MOST_PING_STRIKES) return;
    session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, TOO_MANY_PINGS);
    session.destroy();
  });
}
