/**
 * From a path to its route. The table's own router matches; a path without parameters is found in a Map first, because
 * most requests are for one of those and @koa/router tries its patterns in turn.
 */
import { Router } from '@koa/router';
import type Koa from 'koa';

import type { Answer, Answering } from './answer.ts';
import { type Layer, whenAnswered } from './application.ts';
import { readerFor, type ParameterReader } from './parameters.ts';
import { HttpError } from './problem.ts';
import type { MediaType, Route } from './route.ts';

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

const NO_PARAMETERS: Readonly<Record<string, string>> = {};

/** The innermost layer: finds the route, reads its parameters, and lets it answer. */
export function routeRequests(routes: readonly Route[]): Layer {
  const router = new Router({ sensitive: true, strict: true });
  const targets = new Map<string, Target>();
  const literals = new Map<string, Target>();
  for (const route of routes) {
    const target = { route, read: readerFor(route) };
    const pattern = route.path.replace(/\{(\w+)\}/g, '*$1');
    router.get(route.path, pattern, () => {});
    targets.set(route.path, target);
    if (pattern === route.path) literals.set(pattern, target);
  }

  return (ctx) => {
    const path = ctx.path;
    let target = literals.get(path);
    let pathParameters = NO_PARAMETERS;
    if (!target) {
      const layer = router.match(path, 'GET').pathAndMethod[0];
      if (layer) {
        target = targets.get(layer.name ?? '');
        pathParameters = layer.params(path, layer.captures(path));
      }
    }
    if (!target) return KNOWN_METHODS.has(ctx.method) ? refusePath(path) : refuseMethod(ctx.method);
    (ctx.state as RoutedState).route = target.route.path;
    if (ctx.method === 'OPTIONS') return answerOptions();
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') return refuseMethod(ctx.method);
    return answerRoute(ctx, target, pathParameters);
  };
}

function answerRoute(ctx: Koa.Context, { route, read }: Target, path: Readonly<Record<string, string>>): Answering {
  const type = negotiate(ctx, route.produces);
  const answering = route.handle({ ...read(path, ctx.querystring), type, request: ctx.req } as never);
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
