import assert from 'node:assert/strict';

import { NOW, openService, partsOver, type TestService } from './service.ts';
import { HonestClock } from '../../app/clock/honest-clock.ts';
import { apiRoutes } from '../../app/http/api.ts';
import { exampleOf, TAGS, type Route } from '../../app/http/route.ts';
import { parseInstant } from '../../app/zones/instant.ts';
import { parseZone } from '../../app/zones/zone.ts';

interface Response {
  content?: Record<string, { example: unknown }>;
}

interface Operation {
  tags: string[];
  parameters: { name: string; example: unknown; description: unknown }[];
  responses: Record<string, Response>;
}

interface Description {
  paths: Record<string, { get: Operation }>;
  components: { responses: { Problem: Response } };
}

/** A service of which everything is so that the examples are what it answers. */
const routes = apiRoutes({
  ...partsOver(
    new HonestClock({
      time: { wallNs: () => parseInstant(NOW), monotonicNs: () => 0n },
      kernel: {
        readClock: () => ({
          maxErrorNs: 1_800_000n,
          estimatedErrorNs: 120_000n,
          offsetNs: -12_300n,
          frequencyPpm: 11.2,
          status: 8193,
          isUnsynchronized: false,
          leap: 'none',
          taiOffsetS: 37,
        }),
      },
      floorNs: 187_700n,
    }),
  ),
  callers: { addressOf: () => '192.0.2.1', zoneOf: () => parseZone('Europe/Paris') },
  reportPeers: () => ({
    toleranceNs: 100_000_000n,
    isOutvoted: false,
    peers: [
      {
        node: 'worker-2',
        verdict: 'ahead',
        offset: { offsetNs: 250_012_500n, uncertaintyNs: 431_500n, delayNs: 612_250n },
        lastHeardNs: parseInstant(NOW),
        tzdb: process.versions['tz']!,
      },
    ],
  }),
});
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

/** Lists of all names, of which an example has but one. */
const ABRIDGED = new Set(['/api/timezone', '/api/timezone.txt']);

describe('the description of the API', () => {
  let service: TestService;
  let description: Description;
  before(async () => {
    service = await openService({ routes });
    description = (await (await fetch(`${service.url}/openapi.json`)).json()) as Description;
  });
  after(() => service[Symbol.asyncDispose]());

  const ask = async (target: string, type: string, accept = type) => {
    const response = await fetch(service.url + target, { headers: { accept } });
    const body = await response.text();
    assert.ok(response.headers.get('content-type')?.startsWith(type), body);
    return { status: response.status, answer: (type.endsWith('json') ? JSON.parse(body) : body) as unknown };
  };

  it('has every route but those that are for people', () => {
    assert.deepEqual(
      Object.keys(description.paths),
      routes.map(({ path }) => path).filter((path) => !UNDESCRIBED.has(path)),
    );
  });

  for (const route of described) {
    const types = Object.entries(route.answers?.() ?? {});

    it(`has ${route.path} under a heading, with words and an example for each parameter`, () => {
      const { tags, parameters } = description.paths[route.path]!.get;
      assert.ok(tags.length === 1 && Object.keys(TAGS).includes(tags[0]!));
      const named = { ...route.pathParameters, ...route.queryParameters };
      assert.deepEqual(parameters.map(({ name }) => name).toSorted(), Object.keys(named).toSorted());
      for (const parameter of parameters) assert.ok(parameter.description && parameter.example, parameter.name);
    });

    it(`has a schema for each form of ${route.path}`, () => {
      assert.deepEqual(types.map(([type]) => type).toSorted(), route.produces.toSorted());
    });

    for (const [type, schema] of types) {
      // A stream has no end to wait for; its first event is asked for below.
      if (type === 'text/event-stream') continue;
      const targets = exampleTargets(route);
      for (const target of targets) {
        it(`says what GET ${target} answers as ${type}, and nothing else`, async () => {
          const { status, answer } = await ask(target, type);
          assert.equal(status, 200);
          // Zod drops what a schema does not name: an answer that comes through unchanged is described whole.
          assert.deepEqual(schema.parse(answer), answer);
        });
      }

      const target = targets.at(-1)!;
      it(`has what GET ${target} answers as ${type} for its example`, async () => {
        const { example } = description.paths[route.path]!.get.responses['200']!.content![type]!;
        const { answer } = await ask(target, type);
        if (ABRIDGED.has(route.path)) assert.ok(linesOf(answer).includes(linesOf(example)[0]));
        else assert.deepEqual(answer, example);
      });
    }
  }

  it('has what a stream of events begins with as the example of one', async () => {
    const { example } = description.paths['/v1/events']!.get.responses['200']!.content!['text/event-stream']!;
    const response = await fetch(`${service.url}/v1/events`);
    const { value } = await response.body!.getReader().read();
    assert.equal(Buffer.from(value).toString(), `${String(example).split('\n\n')[0]}\n\n`);
  });

  for (const [target, type, status] of [
    ['/v1/add?time=2026-01-01&duration=1%20day', 'application/problem+json', 400],
    ['/api/timezone/Mars', 'application/json', 404],
    ['/api/timezone/Mars.txt', 'text/plain', 404],
  ] as const) {
    it(`has what GET ${target} answers as the example of an error as ${type}`, async () => {
      const { status: actual, answer } = await ask(target, type, '*/*');
      assert.equal(actual, status);
      const examples = [
        description.components.responses.Problem,
        ...Object.values(description.paths).map(({ get }) => get.responses['4XX']!),
      ].flatMap(({ content }) => (content?.[type] ? [content[type].example] : []));
      assert.ok(examples.length > 0);
      for (const example of examples) assert.deepEqual(answer, example);
    });
  }
});

/** The lines of a text, or the members of a list. */
function linesOf(answer: unknown): unknown[] {
  return typeof answer === 'string' ? answer.split('\n') : (answer as unknown[]);
}
