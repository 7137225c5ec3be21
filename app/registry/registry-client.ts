/**
 * Requests to a registry. It is somebody else's server, at its worst just when this service must not be: so each request
 * has a deadline and its answer a limit, and a connection is used once, since one that is kept may have died meanwhile.
 * The clients on npm are passed over: `eureka-js-client` rests on the deprecated `request`, and for Consul it is three calls.
 */
import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps } from 'node:https';

import type { ReadToken, RegistrySource } from './registry-source.ts';

/** Answers that are longer are refused; a Eureka registry of some thousand instances is below that. */
const LONGEST_ANSWER_BYTES = 8 * 1024 * 1024;

/** How much of a refusal is worth repeating in a log. */
const LONGEST_REASON = 200;

export interface RegistryRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

export interface RegistryAnswer {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** The registry answered, and not with what was asked for. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly status: number;

  constructor({ method, path }: RegistryRequest, status: number, reason: string) {
    super(`The registry answers ${status} to ${method} ${path}: ${reason.trim().slice(0, LONGEST_REASON)}`);
    this.status = status;
  }
}

/** The headers that a token is sent in. */
export type Authorize = (token: string) => OutgoingHttpHeaders;

export class RegistryClient {
  readonly url: string;
  readonly #readToken: ReadToken;
  readonly #authorize: Authorize;

  constructor({ url, readToken }: Omit<RegistrySource, 'kind'>, authorize: Authorize) {
    this.url = url;
    this.#readToken = readToken;
    this.#authorize = authorize;
  }

  /**
   * @throws RegistryError for a status other than 2xx
   * @throws Error where the registry cannot be reached, is too slow, or answers too much
   */
  async ask(asked: RegistryRequest): Promise<RegistryAnswer> {
    const { method, path, body, deadlineMs, signal } = asked;
    const late = AbortSignal.timeout(deadlineMs);
    try {
      const token = await this.#readToken();
      const payload = body && JSON.stringify(body);
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const url = new URL(this.url + path);
      const options = {
        method,
        agent: false,
        signal: signal ? AbortSignal.any([signal, late]) : late,
        headers: {
          Accept: 'application/json',
          ...(payload !== undefined && { 'Content-Type': 'application/json' }),
          ...(token !== undefined && this.#authorize(token)),
        },
      };
      const asking = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options, resolve);
      asking.on('error', reject);
      asking.end(payload);
      const answer = await promise;
      const text = await readText(answer);
      const status = answer.statusCode ?? 0;
      if (status < 200 || status > 299) throw new RegistryError(asked, status, text);
      return { headers: answer.headers, text };
    } catch (error) {
      if (!late.aborted) throw error;
      throw new Error(`The registry has not answered ${method} ${path} in ${deadlineMs} ms`, { cause: error });
    }
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_ANSWER_BYTES) throw new Error(`The registry answers more than ${LONGEST_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
