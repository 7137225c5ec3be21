import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

describe('WorldTimeAPI under /api', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const get = (path: string, init: RequestInit = {}) => fetch(service.url + path, init);

  it('answers a zone as compact JSON, with the tz release in a header', async () => {
    const response = await get('/api/timezone/Europe/Paris');
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('tzdb-version'), process.versions['tz']);
    assert.equal(
      await response.text(),
      '{"utc_offset":"+01:00","timezone":"Europe/Paris","day_of_week":2,"day_of_year":328,' +
        '"datetime":"2026-11-24T04:05:54.123456+01:00","utc_datetime":"2026-11-24T03:05:54.123456+00:00",' +
        '"unixtime":1795489554,"raw_offset":3600,"week_number":48,"dst":false,"abbreviation":"CET","dst_offset":0,' +
        '"dst_from":null,"dst_until":null,"client_ip":"127.0.0.1"}',
    );
  });

  for (const [path, zone] of [
    ['/api/timezone/ETC/GMT', 'Etc/GMT'],
    ['/api/timezone/europe/paris/', 'Europe/Paris'],
    ['/api/timezone/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['/api/timezone/Asia/Kolkata', 'Asia/Kolkata'],
    ['/api/timezone/UTC', 'UTC'],
    ['/api/timezone/est', 'EST'],
    ['/api/timezone/CST6CDT', 'CST6CDT'],
    ['/api/timezone/GB', 'GB'],
    ['/api/timezone/Etc/GMT+5', 'Etc/GMT+5'],
    ['/api/timezone/Etc/GMT%2B5', 'Etc/GMT+5'],
    ['/api/timezone/Asia/Tokyo?nocache=0.123&x=%', 'Asia/Tokyo'],
    ['/api/ip', 'UTC'],
    ['/api/ip/', 'UTC'],
    ['/api/ip/192.0.2.1', 'UTC'],
    ['/api/ip/2001:db8::1', 'UTC'],
  ] as const) {
    it(`answers ${path} in ${zone}, and the same as text`, async () => {
      const json = (await (await get(path)).json()) as Record<string, string | number | boolean | null>;
      assert.equal(json['timezone'], zone);
      const response = await get(path.replace(/\/?($|\?)/, '.txt$1'));
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
      const expected = Object.entries(json).map(([key, value]) => `${key}: ${value ?? ''}\n`);
      assert.equal(await response.text(), expected.join(''));
    });
  }

  for (const [path, first] of [
    ['/api/timezone', 'Africa/Abidjan'],
    ['/api/timezone/', 'Africa/Abidjan'],
    ['/api/timezone/Arctic', 'Arctic/Longyearbyen'],
    ['/api/timezone/europe/', 'Europe/Amsterdam'],
    ['/api/timezone/Etc', 'Etc/GMT'],
  ] as const) {
    it(`lists names at ${path}, and the same as text`, async () => {
      const names = (await (await get(path)).json()) as string[];
      assert.equal(names[0], first);
      const text = await (await get(`${path.replace(/\/$/, '')}.txt`)).text();
      assert.equal(text, names.map((name) => `${name}\n`).join(''));
    });
  }

  it('answers every name that it lists', async () => {
    const names = (await (await get('/api/timezone')).json()) as string[];
    assert.ok(names.length > 590, String(names.length));
    const answered = await Promise.all(
      names.map(async (name) => {
        const time = (await (await get(`/api/timezone/${name}`)).json()) as { timezone: string };
        return time.timezone;
      }),
    );
    assert.deepEqual(answered, names);
  });

  for (const path of [
    '/api/timezone/Mars/Olympus',
    '/api/timezone/Mars',
    '/api/timezone/America/Argentina',
    '/api/timezone/+05:30',
    '/api/timezone/%ff',
    '/api/timezone/Factory',
    '/api/ip/192.0.2.256',
    '/api/ip/localhost',
    '/api/nothing',
    '/api/timezone//',
  ]) {
    it(`does not know ${path}, and says so in that contract’s form`, async () => {
      const response = await get(path);
      assert.equal(response.status, 404);
      assert.equal(response.headers.get('tzdb-version'), process.versions['tz']);
      assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
      assert.equal(await response.text(), '{"error":"unknown location"}');
      const text = await get(`${path}.txt`);
      assert.equal(text.status, 404);
      assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
      assert.equal(await text.text(), 'unknown location\n');
    });
  }

  it('has its own form for every other error', async () => {
    const response = await get('/api/timezone/Europe/Paris', { method: 'POST' });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'GET, HEAD, OPTIONS');
    assert.equal(await response.text(), '{"error":"method not allowed"}');
    service.delayMs = 1000;
    const shed = await get('/api/ip.txt');
    service.delayMs = 0;
    assert.equal(shed.status, 503);
    assert.equal(shed.headers.get('retry-after'), '1');
    assert.equal(await shed.text(), 'service unavailable\n');
  });

  it('does not look at an Accept header', async () => {
    const response = await get('/api/timezone/Europe/Paris.txt', { headers: { accept: 'application/json' } });
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
  });

  it('answers HEAD with the length of what GET would send', async () => {
    const response = await get('/api/timezone/Europe/Paris', { method: 'HEAD' });
    assert.equal(response.status, 200);
    const { length } = await (await get('/api/timezone/Europe/Paris')).text();
    assert.equal(response.headers.get('content-length'), String(length));
  });

  it('sends a list again only when the tz release has changed', async () => {
    const etag = (await get('/api/timezone')).headers.get('etag') ?? '';
    assert.equal((await get('/api/timezone', { headers: { 'if-none-match': etag } })).status, 304);
  });
});
