/**
 * The API's description, OpenAPI 3.1, made from the table of routes and its schemas when it is first asked for: what is
 * described is what is served, and the start pays nothing for it. Zod writes the schemas as JSON Schema 2020-12, which is
 * what OpenAPI 3.1 uses.
 */
import { STATUS_CODES } from 'node:http';

import * as z from 'zod';

import { Asset } from './asset.ts';
import { answerSchema, defineRoute, exampleOf, TAGS, type Answers, type Route } from './route.ts';
import { VERSION } from '../version.ts';

type JsonObject = Record<string, unknown>;

/** `/openapi.json`, for the routes that say what they answer. */
export function descriptionRoute(routes: readonly Route[]): Route {
  const describe = () => Promise.resolve(Buffer.from(JSON.stringify(describeApi(routes))));
  const asset = new Asset('application/json; charset=utf-8', describe, ['Cache-Control', 'no-cache']);
  return defineRoute({
    path: '/openapi.json',
    summary: 'This API, as OpenAPI 3.1 describes it.',
    pathParameters: {},
    queryParameters: {},
    produces: ['application/json'],
    handle: ({ request }) => asset.answer(request.headers),
  });
}

/** The OpenAPI document of the routes that say what they answer. */
export function describeApi(routes: readonly Route[]): JsonObject {
  const schemas = new SchemaWriter();
  const paths = Object.fromEntries(
    routes.flatMap((route) => {
      const { path, summary, tag, answers, failures } = route;
      if (answers === undefined) return [];
      const failure = failures
        ? { description: 'An error, in that contract’s form.', content: describeContent(failures(), schemas) }
        : { $ref: '#/components/responses/Problem' };
      const operation = {
        operationId: nameOperation(path),
        summary,
        tags: tag && [tag],
        parameters: [
          ...describeParameters(route.pathParameters, 'path', schemas),
          ...describeParameters(route.queryParameters, 'query', schemas),
        ],
        responses: {
          200: { description: STATUS_CODES[200], content: describeContent(answers(), schemas) },
          '4XX': failure,
          '5XX': failure,
        },
      };
      return [[path, { get: operation }]];
    }),
  );
  return {
    openapi: '3.1.1',
    info: {
      title: 'time-service',
      version: VERSION,
      summary: 'What time it is, how wrong that can be, and what every zone makes of it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.components,
      responses: {
        Problem: {
          description: 'What was expected and what came, as RFC 9457 has it.',
          content: {
            'application/problem+json': { schema: schemas.write(problemSchema()), example: exampleOf(problemSchema()) },
          },
        },
      },
    },
  };
}

/** `/v1/zones/{zone}/transitions` is `getV1ZonesZoneTransitions`. */
function nameOperation(path: string): string {
  return path.replace(/\W+(\w?)/g, (_, letter: string) => letter.toUpperCase()).replace(/^/, 'get');
}

function describeContent(answers: Answers, schemas: SchemaWriter): JsonObject {
  return Object.fromEntries(
    Object.entries(answers).map(([type, schema]) => {
      return [type, { schema: schemas.write(schema), example: exampleOf(schema) }];
    }),
  );
}

function describeParameters(shape: Route['queryParameters'], place: 'path' | 'query', schemas: SchemaWriter) {
  return Object.entries(shape).map(([name, schema]) => {
    const written = schemas.write(schema);
    const { description } = (written['items'] ?? written) as JsonObject;
    return {
      name,
      in: place,
      required: !schema.isOptional(),
      description,
      example: exampleOf(schema),
      schema: written,
    };
  });
}

/** Writes zod schemas as JSON Schema, those with an `id` once, as components that the others refer to. */
class SchemaWriter {
  readonly components: JsonObject = {};

  write(schema: z.ZodType): JsonObject {
    const { $schema: _, $defs = {}, ...written } = z.toJSONSchema(schema, { io: 'input', override: tidy });
    Object.assign(this.components, referToComponents($defs));
    return referToComponents(written) as JsonObject;
  }
}

/** Meta data stands where it is read: an answer's or a parameter's example beside its schema, a format without its pattern. */
function tidy({ jsonSchema }: { jsonSchema: JsonObject }): void {
  delete jsonSchema['example'];
  if (jsonSchema['format'] !== undefined) delete jsonSchema['pattern'];
}

function referToComponents(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as object;
}

const problemSchema = answerSchema(() =>
  z
    .object({
      type: z.string().meta({ example: 'about:blank' }),
      title: z.string().meta({ description: 'The status in words.', example: 'Bad Request' }),
      status: z.int().meta({ example: 400 }),
      detail: z.string().meta({
        description: 'What was expected, and what came.',
        example: 'duration: Expected an ISO 8601 duration such as P1M or PT36H, got "1 day"',
      }),
      errors: z
        .array(
          z.object({
            parameter: z.string().meta({ example: 'duration' }),
            in: z.enum(['path', 'query']).meta({ example: 'query' }),
            expected: z.string().meta({ example: 'an ISO 8601 duration such as P1M or PT36H' }),
            got: z.string().optional().meta({ example: '1 day' }),
            advice: z.string().optional(),
          }),
        )
        .optional(),
    })
    .meta({ id: 'Problem' }),
);
