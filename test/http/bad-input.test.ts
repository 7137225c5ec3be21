import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { parameter: string; in: string; expected: string; got?: string; advice?: string }[];
}

describe('bad input', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  for (const { path, status, parameter, detail, why } of [
    {
      path: '/time?zone=Mars/Olympus',
      status: 400,
      parameter: 'zone',
      detail: /Expected an IANA zone .*, got "Mars\/Olympus"/,
      why: 'an unknown zone',
    },
    {
      path: '/v1/zones/Mars/Olympus',
      status: 404,
      parameter: 'zone',
      detail: /got "Mars\/Olympus"/,
      why: 'an unknown zone in a path',
    },
    { path: '/time?zone=', status: 400, parameter: 'zone', detail: /got ""/, why: 'an empty zone' },
    {
      path: '/time?zone=+05:30',
      status: 400,
      parameter: 'zone',
      detail: /got " 05:30"; a \+ in a query is written %2B/,
      why: 'a + that is not escaped',
    },
    {
      path: '/time?zone=SystemV/EST5',
      status: 400,
      parameter: 'zone',
      detail: /got "SystemV\/EST5"/,
      why: 'a name that Intl takes and the tz database does not have',
    },
    {
      path: '/time?zone=Europe/Paris&zone=UTC',
      status: 400,
      parameter: 'zone',
      detail: /Expected one value, got "UTC"; it was given more than once/,
      why: 'a second value',
    },
    {
      path: '/time?zoen=UTC',
      status: 400,
      parameter: 'zoen',
      detail: /got "zoen"; did you mean zone\?/,
      why: 'a misspelt name',
    },
    {
      path: '/time?__proto__=1',
      status: 400,
      parameter: '__proto__',
      detail: /Expected a parameter named zone/,
      why: 'a name of JavaScript’s own',
    },
    {
      path: '/time?zone=%E0%A4%A',
      status: 400,
      parameter: 'zone',
      detail: /percent-encoding/,
      why: 'broken percent-encoding',
    },
    {
      path: `/time?zone=${'a'.repeat(3000)}`,
      status: 400,
      parameter: 'zone',
      detail: /got "a{64}…"/,
      why: 'a long value, repeated only in part',
    },
    {
      path: '/v1/zones?at=2026-02-30T00:00:00Z',
      status: 400,
      parameter: 'at',
      detail: /Expected an instant/,
      why: 'an impossible date',
    },
    {
      path: '/v1/zones?at=2026-02-28',
      status: 400,
      parameter: 'at',
      detail: /Expected an instant with its offset/,
      why: 'an instant without an offset',
    },
    {
      path: '/v1/zones?at=%2B275760-09-13T00:00:00.000000001Z',
      status: 400,
      parameter: 'at',
      detail: /Expected an instant/,
      why: 'an instant outside Temporal’s range',
    },
    {
      path: '/v1/zones?at=2026-01-01T00:00:00%2B01:00[America/New_York]',
      status: 400,
      parameter: 'at',
      detail: /Expected an instant/,
      why: 'an offset that its zone contradicts',
    },
    {
      path: `/v1/zones?q=${'x'.repeat(65)}`,
      status: 400,
      parameter: 'q',
      detail: /at most 64 characters/,
      why: 'a long search',
    },
    {
      path: '/v1/convert?from=UTC',
      status: 400,
      parameter: 'time',
      detail: /Expected a value, got nothing; the parameter is required/,
      why: 'a missing parameter',
    },
    {
      path: '/v1/convert?time=2026-01-01T00:00:00[Europe/Paris]',
      status: 400,
      parameter: 'time',
      detail: /Expected a local time/,
      why: 'a local time with a zone of its own',
    },
    {
      path: '/v1/convert?time=2026-01-01&disambiguation=soonest',
      status: 400,
      parameter: 'disambiguation',
      detail: /one of compatible, earlier, later, reject, got "soonest"/,
      why: 'an unknown word',
    },
    {
      path: '/v1/add?time=2026-01-01&duration=1%20month',
      status: 400,
      parameter: 'duration',
      detail: /Expected an ISO 8601 duration/,
      why: 'a duration in words',
    },
  ] as const) {
    it(`names the parameter, what was expected and what came: ${why}`, async () => {
      const response = await fetch(service.url + path);
      const problem = (await response.json()) as Problem;
      assert.equal(response.status, status);
      assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
      assert.equal(problem.status, status);
      assert.match(problem.detail, detail);
      assert.deepEqual(
        problem.errors?.map((error) => error.parameter),
        [parameter],
      );
    });
  }

  for (const [path, detail] of [
    ['/v1/add?time=2026-01-01&duration=P300000Y', /Expected an instant between .*, got "2026-01-01.* plus P300000Y"/],
    ['/v1/convert?time=-271821-04-19T00:00:01&from=%2B23:00', /Expected an instant between/],
    [
      '/v1/between?from=%2B275760-08-15T00:00:00Z&to=%2B275760-09-12T00:00:00Z&unit=months&zone=UTC',
      /Expected an instant between .*, got "months from \+275760-08-15/,
    ],
    [
      '/v1/between?from=-271821-05-19T00:00:00Z&to=-271821-04-20T00:00:00Z&unit=years&zone=UTC',
      /Expected an instant between .*, got "years from -271821-05-19/,
    ],
    ['/v1/zones/UTC/transitions?from=1900-01-01T00:00:00Z&to=2101-01-02T00:00:00Z', /at most 200 years long/],
    ['/v1/zones/UTC/transitions?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z', /ends after its start/],
  ] as const) {
    it(`says what is out of range: ${path}`, async () => {
      const response = await fetch(service.url + path);
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as Problem).detail, detail);
    });
  }

  it('lists every bad parameter, not only the first', async () => {
    const { errors } = (await (await fetch(`${service.url}/v1/add?time=x&duration=y&zone=z&more=1`)).json()) as Problem;
    assert.deepEqual(errors?.map(({ parameter }) => parameter).toSorted(), ['duration', 'more', 'time', 'zone']);
  });

  it('tells eight of more mistakes than anyone reads, and how many more there are', async () => {
    const response = await fetch(`${service.url}/v1/convert?${'a&'.repeat(2000)}time=x`);
    const text = await response.text();
    const { detail, errors } = JSON.parse(text) as Problem;
    assert.equal(response.status, 400);
    assert.equal(errors?.length, 8);
    assert.match(detail, /; and 1993 more$/);
    assert.ok(text.length < 4096, `${text.length} characters`);
  });

  it('says that a zone in the path is not found, however much is wrong with the query', async () => {
    const response = await fetch(`${service.url}/v1/zones/Mars?zone=1&${'a&'.repeat(20)}`);
    const { errors } = (await response.json()) as Problem;
    assert.equal(response.status, 404);
    assert.deepEqual([errors?.[0]?.parameter, errors?.[0]?.in], ['zone', 'path']);
  });

  it('answers the first and the last instant that Temporal has', async () => {
    for (const at of ['-271821-04-20T00:00:00Z', '%2B275760-09-13T00:00:00Z']) {
      for (const zone of ['Europe/Paris', 'Pacific/Kiritimati', '-23:59']) {
        assert.equal((await fetch(`${service.url}/v1/zones/${zone}?at=${at}`)).status, 200);
        assert.equal((await fetch(`${service.url}/v1/zones/${zone}/transitions?from=${at}`)).status, 200);
        assert.equal((await fetch(`${service.url}/v1/convert?time=${at}&to=${zone}`)).status, 200);
      }
    }
  });

  it('ends a range that was given no end where Temporal ends', async () => {
    const response = await fetch(`${service.url}/v1/zones/UTC/transitions?from=%2B275760-01-01T00:00:00Z`);
    const { from, to } = (await response.json()) as { from: string; to: string };
    assert.deepEqual([from, to], ['+275760-01-01T00:00:00.000000Z', '+275760-09-13T00:00:00.000000Z']);
  });
});
