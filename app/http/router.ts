/**
 * From a target to its route and parameters. @koa/router matches, and tries its patterns in turn, and zod reads the
 * parameters; what they found for the last targets is kept, because most requests are for a few of them.
 */
import { Router } from '@koa/router';
import type Koa from 'koa';

import type { Answer, Answering } from './answer.ts';
import { type Layer, whenAnswered } from './application.ts';
import { readerFor, type ParameterReader } from './parameters.ts';
import { HttpError } from './problem.ts';
import type { MediaType, Route } from './route.ts';
import { BoundedCache } from '../zones/bounded-cache.ts';

/** The methods that an HTTP service is expected to know; what else comes is 501. */
const KNOWN_METHODS = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'TRACE',
  'CONNECT',
  'QUERY',
]);
const ALLOW = ['Allow', 'GET, HEAD, OPTIONS'] as const;

/** What a request was found to be for; layers around the router label their metrics and logs with it. */
export interface RoutedState {
  /** The path of the route in the table, or undefined where there is none. */
  route?: string;
}

type Parameters = ReturnType<ParameterReader>;

interface ReadableRoute {
  readonly route: Route;
  readonly read: ParameterReader;
}

/** A route that was found for a target; its parameters are read when they are needed for the first time. */
interface Match {
  readonly route: Route;
  readonly parameters: () => Parameters;
}

/** Every zone has some targets of its own, and no stranger may make this grow. */
const MOST_TARGETS = 4096;
const LONGEST_KEPT_TARGET = 256;

/** The innermost layer: finds the route, reads its parameters, and lets it answer. */
export function routeRequests(routes: readonly Route[]): Layer {
  const router = new Router({ sensitive: true, strict: true });
  const readable = new Map<string, ReadableRoute>();
  for (const route of routes) {
    router.get(route.path, route.path.replace(/\{(\w+)\}/g, '*$1'), () => {});
    readable.set(route.path, { route, read: readerFor(route) });
  }
  const matches = new BoundedCache<string, Match>(MOST_TARGETS);

  const findMatch = ({ path, querystring, url }: Koa.Context): Match | undefined => {
    const layer = router.match(path, 'GET').pathAndMethod[0];
    const found = layer && readable.get(layer.name ?? '');
    if (!found) return undefined;
    const { route, read } = found;
    const pathParameters = layer.params(path, layer.captures(path));
    let known: Parameters | undefined;
    const match = { route, parameters: () => (known ??= read(pathParameters, querystring)) };
    if (url.length <= LONGEST_KEPT_TARGET) matches.set(url, match);
    return match;
  };

  return (ctx) => {
    const match = matches.get(ctx.url) ?? findMatch(ctx);
    if (!match) return KNOWN_METHODS.has(ctx.method) ? refusePath(ctx.path) : refuseMethod(ctx.method);
    (ctx.state as RoutedState).route = match.route.path;
    if (ctx.method === 'OPTIONS') return answerOptions();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return refuseMethod(ctx.method);
    return answerRoute(ctx, match);
  };
}

function answerRoute(ctx: Koa.Context, { route, parameters }: Match): Answering {
  const type = negotiate(ctx, route.produces);
  const answering = route.handle({ ...parameters(), type, request: ctx.req } as never);
  const ifNoneMatch = ctx.headers['if-none-match'];
  return ifNoneMatch === undefined
    ? answering
    : whenAnswered(answering, (answer) =>
        isFresh(answer, ifNoneMatch) ? { ...answer, status: 304, body: '' } : answer,
      );
}

/** Which of the forms the caller prefers; a caller without a preference gets the first. */
function negotiate(ctx: Koa.Context, produces: Route['produces']): MediaType {
  const accept = ctx.headers.accept;
  if (accept === undefined || accept === '*/*') return produces[0];
  const type = ctx.accepts([...produces]);
  if (type === false)
    throw new HttpError(
      406,
      `Expected an Accept header that allows ${produces.join(' or ')}, got ${JSON.stringify(accept.slice(0, 64))}`,
    );
  return type as MediaType;
}

/** Weak comparison, as RFC 9110 section 13.1.2 has it for If-None-Match. */
function isFresh(answer: Answer, ifNoneMatch: string): boolean {
  const at = answer.headers.indexOf('ETag');
  if (at < 0) return false;
  const etag = opaque(answer.headers[at + 1] ?? '');
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((candidate) => opaque(candidate) === etag);
}

function opaque(etag: string): string {
  return etag.trim().replace(/^W\//, '');
}

function answerOptions(): Answer {
  return {
    status: 204,
    headers: [
      ...ALLOW,
      'Access-Control-Allow-Methods',
      'GET, HEAD, OPTIONS',
      'Access-Control-Allow-Headers',
      '*',
      'Access-Control-Max-Age',
      '86400',
    ],
    body: '',
  };
}

function refusePath(path: string): never {
  throw new HttpError(404, `Expected the path of a resource, got ${JSON.stringify(path.slice(0, 64))}`);
}

function refuseMethod(method: string): never {
  const status = KNOWN_METHODS.has(method) ? 405 : 501;
  throw new HttpError(status, `Expected GET, HEAD or OPTIONS, got ${JSON.stringify(method.slice(0, 64))}`, [...ALLOW]);
}
