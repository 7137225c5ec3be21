/**
 * A route says what it answers at which path, with which parameters, in which forms. The one table of routes is what the
 * router, the validation, the metrics and the API's description are made from.
 */
import type { IncomingMessage } from 'node:http';

import * as z from 'zod';

import type { Answering } from './answer.ts';
import { ExpectationError } from '../zones/expectation.ts';

/** The media types an answer can have. */
export type MediaType =
  | 'application/json'
  | 'text/plain'
  | 'text/html'
  | 'text/css'
  | 'text/javascript'
  | 'image/svg+xml'
  | 'text/event-stream';

type Shape = Readonly<Record<string, z.ZodType>>;
type Values<S extends Shape> = z.output<z.ZodObject<S>>;

/** What a handler is given: parameters in the domain's types, and the form that the caller prefers. */
export interface Call<Path extends Shape = Shape, Query extends Shape = Shape> {
  readonly path: Values<Path>;
  readonly query: Values<Query>;
  readonly type: MediaType;
  /** For who asks: all else that an answer depends on is in the parameters. */
  readonly request: IncomingMessage;
}

/** The schema of each form of an answer; each leaf has an `example`, which the examples of whole answers are made of. */
export type Answers = Readonly<Partial<Record<MediaType, z.ZodType>>>;

export interface RouteDefinition<Path extends Shape, Query extends Shape> {
  /** An OpenAPI path; `{zone}` may hold slashes. */
  readonly path: string;
  readonly summary: string;
  readonly pathParameters: Path;
  readonly queryParameters: Query;
  /** In the server's order of preference. */
  readonly produces: readonly [MediaType, ...MediaType[]];
  /** What it answers in each of its forms; a route without is left out of the API's description. */
  readonly answers?: () => Answers;
  readonly handle: (call: Call<Path, Query>) => Answering;
}

/** A route whose parameters' types are known only to itself. */
export type Route = Omit<RouteDefinition<Shape, Shape>, 'handle'> & {
  readonly handle: (call: never) => Answering;
};

/** Ties a handler to the types of its parameters. */
export function defineRoute<Path extends Shape, Query extends Shape>(definition: RouteDefinition<Path, Query>): Route {
  return definition;
}

/** A schema that is made when it is first asked for: making one costs start time, and only the description needs it. */
export function answerSchema<Schema extends z.ZodType>(make: () => Schema): () => Schema {
  let schema: Schema | undefined;
  return () => (schema ??= make());
}

/**
 * A parameter that a function of the domain reads.
 *
 * @param parse throws an ExpectationError for text that is not what it expects
 */
export function parameter<Value>(parse: (text: string) => Value, meta: { description: string; example: string }) {
  return z
    .string()
    .transform((text, context) => {
      try {
        return parse(text);
      } catch (error) {
        if (!(error instanceof ExpectationError)) throw error;
        context.addIssue({ code: 'custom', message: error.message, params: { error } });
        return z.NEVER;
      }
    })
    .meta(meta);
}

/** A parameter that is one of a few words. */
export function wordParameter<Word extends string>(
  words: readonly Word[],
  meta: { description: string; example: string },
) {
  return z.enum(words, `one of ${words.join(', ')}`).meta(meta);
}
