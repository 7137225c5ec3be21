/**
 * An answer is a value. Handlers and layers return one, and a single place writes it to the socket in one piece, with the
 * headers already flat as Node wants them: that is most of what makes Koa here as fast as a bare server.
 */
import { STATUS_CODES } from 'node:http';
import type { Readable } from 'node:stream';

/** Header names and values in turn. */
export type FlatHeaders = readonly string[];

/** What a request is answered with. A stream goes out in chunks; other bodies have their Content-Length added. */
export interface Answer<Body extends string | Buffer | Readable = string | Buffer | Readable> {
  readonly status: number;
  readonly headers: FlatHeaders;
  readonly body: Body;
}

/** An answer, at once where that is possible: a promise takes the slow way through the layers. */
export type Answering = Answer | Promise<Answer>;

/** Times are never to be kept. */
export const NO_STORE = ['Cache-Control', 'no-store'] as const;

const JSON_TYPE = ['Content-Type', 'application/json; charset=utf-8'] as const;
const TEXT_TYPE = ['Content-Type', 'text/plain; charset=utf-8'] as const;

export function answerJson(value: unknown, headers: FlatHeaders): Answer<string> {
  return { status: 200, headers: [...JSON_TYPE, ...headers], body: JSON.stringify(value) };
}

export function answerText(body: string, headers: FlatHeaders): Answer<string> {
  return { status: 200, headers: [...TEXT_TYPE, ...headers], body };
}

/** A problem of RFC 9457, in the one form that all errors of this service have. */
export function answerProblem(
  status: number,
  detail: string,
  extra: { headers?: FlatHeaders; errors?: readonly object[] } = {},
): Answer<string> {
  const problem = { type: 'about:blank', title: STATUS_CODES[status], status, detail, errors: extra.errors };
  return {
    status,
    headers: ['Content-Type', 'application/problem+json; charset=utf-8', ...NO_STORE, ...(extra.headers ?? [])],
    body: JSON.stringify(problem),
  };
}
