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

/** The schema of each form of an answer; each leaf has an `example`, or a whole that holds it has. */
export type Answers = Readonly<Partial<Record<MediaType, z.ZodType>>>;

/** The headings of the API's description. */
export const TAGS = {
  Time: 'What time it is, and how wrong that can be.',
  Zones: 'What the tz database says of each zone.',
  Conversion: 'Times of one zone on the clocks of another, and arithmetic with durations.',
  Clock: 'What the clock is worth, on this node and on others.',
  WorldTimeAPI: 'The contract of worldtimeapi.org, for clients that were written for it.',
} as const;

export interface RouteDefinition<Path extends Shape, Query extends Shape> {
  /** An OpenAPI path; `{zone}` may hold slashes. */
  readonly path: string;
  readonly summary: string;
  readonly tag?: keyof typeof TAGS;
  readonly pathParameters: Path;
  readonly queryParameters: Query;
  /** In the server's order of preference. */
  readonly produces: readonly [MediaType, ...MediaType[]];
  /** What it answers in each of its forms; a route without is left out of the API's description. */
  readonly answers?: () => Answers;
  /** How it answers errors, where that is not with a problem of RFC 9457. */
  readonly failures?: () => Answers;
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

/** `format` and `pattern` are JSON Schema's: as much of what is expected as can be said in it. */
type ParameterMeta = Readonly<
  Record<'description' | 'example', string> & Partial<Record<'format' | 'pattern', string>>
>;

/**
 * A parameter that a function of the domain reads.
 *
 * @param parse throws an ExpectationError for text that is not what it expects
 */
export function parameter<Value>(parse: (text: string) => Value, meta: ParameterMeta) {
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

/** The same parameter, with an example that fits one route better. */
export function withExample<Schema extends z.ZodType>(schema: Schema, example: string): Schema {
  return schema.meta({ ...schema.meta(), example });
}

/** The example that a schema gives itself, or that its parts make together. */
export function exampleOf(schema: z.ZodType): unknown {
  const example = schema.meta()?.['example'];
  if (example !== undefined) return example;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return exampleOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodArray) return [exampleOf(schema.element as z.ZodType)];
  if (schema instanceof z.ZodUnion) return exampleOf(schema.options[0] as z.ZodType);
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (!(schema instanceof z.ZodObject)) return undefined;
  return Object.fromEntries(Object.entries(schema.shape).map(([name, part]) => [name, exampleOf(part as z.ZodType)]));
}
