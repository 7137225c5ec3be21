import assert from 'node:assert/strict';

import { openService, stillClock, partsOver, type TestService } from './service.ts';
import { apiRoutes } from '../../app/http/api.ts';
import { exampleOf } from '../../app/http/openapi.ts';
import type { Route } from '../../app/http/route.ts';

interface Description {
  paths: Record<string, { get: { operationId: string; parameters: { name: string; example: unknown }[] } }>;
  components: { responses: { Problem: { content: { 'application/problem+json': { example: object } } } } };
}

const routes = apiRoutes(partsOver(stillClock));
const described = routes.filter((route) => route.answers !== undefined);

/** What OpenAPI's description leaves out: itself, and what is for people. */
const UNDESCRIBED = new Set(['/openapi.json', '/docs', '/docs/{file}', '/', '/assets/{file}']);

/** The targets a route's examples make: the required parameters alone, each optional one with them, and all together. */
function exampleTargets(route: Route): string[] {
  const path = Object.entries(route.pathParameters).reduce(
    (text, [name, schema]) => text.replace(`{${name}}`, encodeURIComponent(String(exampleOf(schema)))),
    route.path,
  );
  const pairs = Object.entries(route.queryParameters).map(([name, schema]) => ({
    pair: `${name}=${encodeURIComponent(String(exampleOf(schema)))}`,
    isOptional: schema.isOptional(),
  }));
  const required = pairs.filter(({ isOptional }) => !isOptional);
  const optional = pairs.filter(({ isOptional }) => isOptional);
  const queries = [required, ...optional.map((one) => [...required, one]), [...required, ...optional]];
  const targets = queries.map((query) => `${path}?${query.map(({ pair }) => pair).join('&')}`);
  return [...new Set(targets)].map((target) => target.replace(/\?$/, ''));
}

describe('the description of the API', () => {
  let service: TestService;
  let description: Description;
  before(async () => {
    service = await openService();
    description = (await (await fetch(`${service.url}/openapi.json`)).json()) as Description;
  });
  after(() => service[Symbol.asyncDispose]());

  it('has every route but those that are for people', () => {
    assert.deepEqual(
      Object.keys(description.paths),
      routes.map(({ path }) => path).filter((path) => !UNDESCRIBED.has(path)),
    );
  });

  for (const route of described) {
    const types = Object.entries(route.answers?.() ?? {});
    for (const [type, schema] of types) {
      it(`has an example of ${type} from ${route.path} that its schema takes`, () => {
        const example = JSON.parse(JSON.stringify(exampleOf(schema))) as unknown;
        assert.deepEqual(schema.parse(example), example);
      });

      // A stream has no end to wait for; events.test.ts reads it.
      if (type === 'text/event-stream') continue;
      for (const target of exampleTargets(route)) {
        it(`says what GET ${target} answers as ${type}, and nothing else`, async () => {
          const response = await fetch(service.url + target, { headers: { accept: type } });
          const body = await response.text();
          assert.equal(response.status, 200, body);
          assert.ok(response.headers.get('content-type')?.startsWith(type));
          const answer: unknown = type === 'application/json' ? JSON.parse(body) : body;
          // Zod drops what a schema does not name: an answer that comes through unchanged is described whole.
          assert.deepEqual(schema.parse(answer), answer);
        });
      }
    }

    it(`has a schema for each form of ${route.path}`, () => {
      assert.deepEqual(types.map(([type]) => type).toSorted(), route.produces.toSorted());
    });
  }

  it('has the problem that the service answers to a bad duration as the example of one', async () => {
    const response = await fetch(`${service.url}/v1/add?time=2026-01-01&duration=1%20day`);
    assert.equal(response.status, 400);
    const { example } = description.components.responses.Problem.content['application/problem+json'];
    assert.deepEqual(await response.json(), example);
  });
});
