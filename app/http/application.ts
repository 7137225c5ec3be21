/**
 * Koa, with answers as values. In Koa each layer costs a promise and each header a call; together they are more than half
 * of what a request costs. Here a layer returns its Answer, a promise is made only by a layer that makes one, and the
 * answer goes to the socket in one `writeHead` and one `end`. Every request takes this way, errors and streams too.
 */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';

import Koa from 'koa';

import type { Answer, Answering } from './answer.ts';
import { describeError } from './problem.ts';

/** A layer around the answer. It may answer itself, or pass on what `next` answers, changed or not. */
export type Layer = (ctx: Koa.Context, next: () => Answering) => Answering;

export class Application extends Koa {
  /** Whether clients may use a connection again after an answer; false while the server drains. */
  keepsConnections = true;
  readonly #answer: (ctx: Koa.Context) => Answering;

  /** @param layers from the outermost to the one that always answers */
  constructor(layers: readonly Layer[]) {
    super();
    this.#answer = composeLayers(layers);
  }

  /** What a server calls for each request; Koa's own `callback` would answer the way this class is there to avoid. */
  listener() {
    return (request: IncomingMessage, response: ServerResponse): void => {
      let answer: Answering;
      try {
        answer = this.#answer(this.createContext(request, response));
      } catch (error) {
        answer = describeError(error);
      }
      if (!(answer instanceof Promise)) this.#write(request, response, answer);
      else void answer.catch(describeError).then((late) => this.#write(request, response, late));
    };
  }

  #write(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    const { status, headers, body } = answer;
    if (response.destroyed) {
      if (body instanceof Readable) body.destroy();
      return;
    }
    // What a client still sends of a body is not read: the connection would have to swallow all of it first.
    if (!this.keepsConnections || hasBody(request)) response.shouldKeepAlive = false;
    if (body instanceof Readable) {
      response.writeHead(status, STATUS_CODES[status], headers as string[]);
      if (request.method === 'HEAD') {
        body.destroy();
        response.end();
      } else pipeline(body, response, () => {});
      return;
    }
    const isBodiless = status === 204 || status === 304;
    const length = isBodiless ? [] : ['Content-Length', String(Buffer.byteLength(body))];
    response.writeHead(status, STATUS_CODES[status], [...headers, ...length]);
    response.end(isBodiless || request.method === 'HEAD' ? undefined : body);
  }
}

function composeLayers(layers: readonly Layer[]): (ctx: Koa.Context) => Answering {
  return layers.reduceRight<(ctx: Koa.Context) => Answering>(
    (next, layer) => (ctx) => layer(ctx, () => next(ctx)),
    () => {
      throw new Error('No layer answered');
    },
  );
}

/** Runs a change on an answer, whether it is there already or yet to come; a layer's way to act after `next`. */
export function whenAnswered(answering: Answering, change: (answer: Answer) => Answer): Answering {
  return answering instanceof Promise ? answering.then(change) : change(answering);
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}
