/**
 * A connection that asks without Node's HTTP client, which would need the load's whole core where the server needs half of
 * its own. One request at a time, always the same.
 */
import { connect, type Socket } from 'node:net';

const LARGEST_ANSWER_BYTES = 16 * 1024;
const ANSWER = /^HTTP\/1\.1 (\d{3}) [^]*?content-length: (\d+)\r\n[^]*?\r\n\r\n/i;

export interface RawConnectionPlan {
  readonly port: number;
  readonly path: string;
  /** @param dueMs what {@link RawConnection.send} was told */
  readonly onAnswer: (connection: RawConnection, status: number, dueMs: number) => void;
  /** Told of a request that is not answered, and of a connection that cannot be opened. */
  readonly onFailure: (error: Error, connection: RawConnection) => void;
}

/** One that is opened anew when the server has closed it between two requests, as it may, and when it has failed. */
export class RawConnection {
  readonly opened: Promise<void>;
  readonly #plan: RawConnectionPlan;
  readonly #request: string;
  /** One for all that is read: a new one for each answer would have the collector stall the load. */
  readonly #buffer = Buffer.alloc(LARGEST_ANSWER_BYTES);
  #socket: Socket;
  #dueMs = 0;
  #text = '';
  #isAsking = false;
  #isClosed = false;

  constructor(plan: RawConnectionPlan) {
    this.#plan = plan;
    this.#request = `GET ${plan.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#socket = this.#open(resolve);
  }

  /** @param dueMs when the request should have been sent */
  send(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#isAsking = true;
    this.#socket.write(this.#request);
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #open(onOpen?: () => void): Socket {
    const callback = (length: number): true => {
      this.#read(this.#buffer.toString('latin1', 0, length));
      return true;
    };
    const onread = { buffer: this.#buffer, callback };
    const socket = connect({ port: this.#plan.port, host: '127.0.0.1', noDelay: true, onread }, onOpen);
    let failure: Error | undefined;
    socket.on('error', (error) => (failure = error));
    return socket.on('close', () => {
      if (this.#isClosed || socket !== this.#socket) return;
      this.#socket = this.#open();
      if (this.#isAsking) this.#fail(failure ?? new Error('Expected an answer, got the end of the connection'));
      else if (failure) this.#fail(failure);
    });
  }

  #read(text: string): void {
    this.#text += text;
    const answer = ANSWER.exec(this.#text);
    if (answer && this.#text.length >= answer[0].length + Number(answer[2])) {
      this.#isAsking = false;
      this.#text = '';
      if (/connection: close\r\n/i.test(answer[0])) this.#socket = this.#open();
      this.#plan.onAnswer(this, Number(answer[1]), this.#dueMs);
    } else if (!answer && !this.#text.startsWith('HTTP/1.1 '.slice(0, this.#text.length)))
      this.#socket.destroy(new Error(`Expected an answer, got ${this.#text.slice(0, 64)}`));
  }

  #fail(error: Error): void {
    this.#isAsking = false;
    this.#text = '';
    this.#plan.onFailure(error, this);
  }
}
