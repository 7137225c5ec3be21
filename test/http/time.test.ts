import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

describe('GET /time', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers });

  it('answers the Go program’s line, byte for byte', async () => {
    const response = await get('/time');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(response.headers.get('content-length'), '33');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(await response.text(), 'Current time: 2026-11-24 03:05:54');
  });

  for (const [zone, line] of [
    ['Europe/Paris', 'Current time: 2026-11-24 04:05:54'],
    ['asia/KATHMANDU', 'Current time: 2026-11-24 08:50:54'],
    ['-09:30', 'Current time: 2026-11-23 17:35:54'],
    ['%2B0530', 'Current time: 2026-11-24 08:35:54'],
  ] as const) {
    it(`answers in the zone ${zone}`, async () => {
      assert.equal(await (await get(`/time?zone=${zone}`)).text(), line);
    });
  }

  for (const [client, accept, type] of [
    ['curl', '*/*', 'text/plain'],
    ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/plain'],
    ['axios', 'application/json, text/plain, */*', 'application/json'],
    ['a client that likes text less', 'text/plain;q=0.5, application/json;q=0.9', 'application/json'],
    ['a client that refuses text', 'text/plain;q=0, */*', 'application/json'],
    ['a client of any text', 'text/*', 'text/plain'],
  ] as const) {
    it(`gives ${client} ${type}`, async () => {
      const response = await get('/time', { accept });
      assert.equal(response.headers.get('content-type'), `${type}; charset=utf-8`);
      assert.equal(response.headers.get('vary'), 'Accept');
    });
  }

  it('refuses a client that takes neither form', async () => {
    const response = await get('/time', { accept: 'image/png' });
    assert.equal(response.status, 406);
    assert.match(
      ((await response.json()) as { detail: string }).detail,
      /text\/plain or application\/json, got "image\/png"/,
    );
  });
});

describe('GET /v1/time', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  it('answers one reading for all zones, each echoed in its proper case', async () => {
    const response = await fetch(`${service.url}/v1/time?zone=europe/kyiv&zone=EUROPE/KIEV&zone=%2B05:30`);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await response.json(), {
      instant: '2026-11-24T03:05:54.123456Z',
      unixMs: 1_795_489_554_123,
      earliest: null,
      latest: null,
      clock: { state: 'unknown', boundUs: null },
      tzdb: process.versions['tz'],
      zones: [
        {
          zone: 'Europe/Kyiv',
          local: '2026-11-24T05:05:54.123456+02:00[Europe/Kyiv]',
          offset: '+02:00',
          abbreviation: 'EET',
          dst: false,
          standardOffset: '+02:00',
        },
        {
          zone: 'Europe/Kiev',
          local: '2026-11-24T05:05:54.123456+02:00[Europe/Kiev]',
          offset: '+02:00',
          abbreviation: 'EET',
          dst: false,
          standardOffset: '+02:00',
        },
        {
          zone: '+05:30',
          local: '2026-11-24T08:35:54.123456+05:30[+05:30]',
          offset: '+05:30',
          abbreviation: '+0530',
          dst: false,
          standardOffset: '+05:30',
        },
      ],
    });
  });

  it('reads the default zone where none is named', async () => {
    const { zones } = (await (await fetch(`${service.url}/v1/time`)).json()) as { zones: { zone: string }[] };
    assert.deepEqual(
      zones.map(({ zone }) => zone),
      ['UTC'],
    );
  });

  it('answers fifty zones and refuses fifty-one', async () => {
    const ask = (count: number) =>
      fetch(`${service.url}/v1/time?${Array.from({ length: count }, () => 'zone=Europe/Paris').join('&')}`);
    assert.equal((await ask(50)).status, 200);
    const refused = await ask(51);
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /zone: Expected at most 50 values, got \\"51 values\\"/);
  });
});
