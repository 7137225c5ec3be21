import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

describe('GET /docs', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers });

  it('is a page that may load nothing from elsewhere, and names only files that are there', async () => {
    const response = await get('/docs');
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self';/);
    const files = (await response.text())
      .matchAll(/(?:src|href)="(\/[^"]*)"/g)
      .map(([, path]) => path ?? '')
      .toArray();
    assert.equal(files.length, 3);
    for (const file of files) assert.equal((await get(file)).status, 200, file);
  });

  for (const [accepted, coding] of [
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['GZIP', 'gzip'],
    ['identity', null],
  ] as const) {
    it(`comes as ${coding ?? 'it is'} to a client that takes ${accepted}`, async () => {
      const response = await get('/docs/start.js', { 'accept-encoding': accepted });
      assert.equal(response.headers.get('content-encoding'), coding);
      assert.equal(response.headers.get('vary'), 'Accept-Encoding');
      assert.match(await response.text(), /SwaggerUIBundle\(\{ url: '\/openapi\.json'/);
    });
  }

  it('is not sent again to a client that has it', async () => {
    const etag = (await get('/docs')).headers.get('etag') ?? '';
    assert.equal((await get('/docs', { 'if-none-match': etag })).status, 304);
  });

  it('has no other files', async () => {
    assert.equal((await get('/docs/package.json')).status, 404);
  });
});
