import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

describe('GET /v1/zones', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers });
  const list = async (query: string) => {
    const { zones } = (await (await get(`/v1/zones${query}`)).json()) as { zones: { zone: string; offset: string }[] };
    return zones;
  };

  it('lists links beside zones', async () => {
    const names = (await list('')).map(({ zone }) => zone);
    assert.ok(names.length > 590, String(names.length));
    assert.deepEqual(names, names.toSorted());
    for (const name of ['UTC', 'Asia/Kolkata', 'Asia/Calcutta', 'Europe/Kyiv']) assert.ok(names.includes(name), name);
  });

  it('narrows the list to a country, and with a word to one zone of it', async () => {
    assert.deepEqual(await list('?country=ch'), [{ zone: 'Europe/Zurich', offset: '+01:00' }]);
    assert.deepEqual(await list('?country=US&q=new%20york'), [{ zone: 'America/New_York', offset: '-05:00' }]);
  });

  it('refuses a country that there is not', async () => {
    const response = await get('/v1/zones?country=Switzerland');
    assert.equal(response.status, 400);
    assert.match(await response.text(), /Expected an ISO 3166 country code such as CH, got \\"Switzerland\\"/);
  });

  it('says of a zone what the tz database does, with the offsets on both sides of each transition', async () => {
    const response = await get('/v1/zones/europe/dublin');
    assert.equal(response.headers.get('vary'), 'Accept');
    assert.deepEqual(await response.json(), {
      zone: 'Europe/Dublin',
      tzdb: process.versions['tz'],
      offset: '+00:00',
      abbreviation: 'GMT',
      dst: true,
      standardOffset: '+01:00',
      canonical: 'Europe/Dublin',
      aliases: ['Eire'],
      posixTz: 'IST-1GMT0,M10.5.0,M3.5.0/1',
      previous: { instant: '2026-10-25T01:00:00.000000Z', offsetBefore: '+01:00', offsetAfter: '+00:00' },
      next: { instant: '2027-03-28T01:00:00.000000Z', offsetBefore: '+00:00', offsetAfter: '+01:00' },
    });
  });

  it('gives a device the POSIX rule alone', async () => {
    const response = await get('/v1/zones/Europe/Paris', { accept: 'text/plain' });
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.equal(await response.text(), 'CET-1CEST,M3.5.0,M10.5.0/3');
  });

  it('gives the two forms different tags', async () => {
    const etags = await Promise.all(
      ['application/json', 'text/plain'].map(async (accept) => {
        const { headers } = await get('/v1/zones/UTC', { accept });
        return headers.get('etag');
      }),
    );
    assert.notEqual(etags[0], etags[1]);
  });
});
