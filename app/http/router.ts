/**
 * From a path to its route. @koa/router matches, and tries its patterns in turn; what it found for the last paths is kept,
 * because most requests are for a few of them.
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
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'CONNECT']);
const ALLOW = ['Allow', 'GET, HEAD, OPTIONS'] as const;

/** What a request was found to be for; layers around the router label their metrics and logs with it. */
export interface RoutedState {
  /** The path of the route in the table, or undefined where there is none. */
  route?: string;
}

interface Target {
  readonly route: Route;
  readonly read: ParameterReader;
}

/** A route that was found for a path. */
interface Match extends Target {
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** Every zone has some paths of its own, and no stranger may make this grow. */
const MOST_PATHS = 4096;

/** The innermost layer: finds the route, reads its parameters, and lets it answer. */
export function routeRequests(routes: readonly Route[]): Layer {
  const router = new Router({ sensitive: true, strict: true });
  const targets = new Map<string, Target>();
  for (const route of routes) {
    router.get(route.path, route.path.replace(/\{(\w+)\}/g, '*$1'), () => {});
    targets.set(route.path, { route, read: readerFor(route) });
  }
  const matches = new BoundedCache<string, Match>(MOST_PATHS);

  const findMatch = (path: string): Match | undefined => {
    const layer = router.match(path, 'GET').pathAndMethod[0];
    const target = layer && targets.get(layer.name ?? '');
    if (!target) return undefined;
    const match = { ...target, pathParameters: layer.params(path, layer.captures(path)) };
    matches.set(path, match);
    return match;
  };

  return (ctx) => {
    const path = ctx.path;
    const match = matches.get(path) ?? findMatch(path);
    if (!match) return KNOWN_METHODS.has(ctx.method) ? refusePath(path) : refuseMethod(ctx.method);
    (ctx.state as RoutedState).route = match.route.path;
    if (ctx.method === 'OPTIONS') return answerOptions();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return refuseMethod(ctx.method);
    return answerRoute(ctx, match);
  };
}

function answerRoute(ctx: Koa.Context, { route, read, pathParameters }: Match): Answering {
  const type = negotiate(ctx, route.produces);
  const answering = route.handle({ ...read(pathParameters, ctx.querystring), type, request: ctx.req } as never);
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
