import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

describe('GET /', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}) => fetch(service.url + path, { headers });
  const assetsOf = async () =>
    (await (await get('/')).text())
      .matchAll(/(?:src|href)="(\/assets\/[^"]*)"/g)
      .map(([, path]) => path ?? '')
      .toArray();

  it('is a page that lets in no script, style or image but its own', async () => {
    const response = await get('/', { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' });
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(
      policy,
      /^default-src 'none'; script-src 'self'; style-src 'sha256-[^']{44}'; img-src 'self'; connect-src 'self'/,
    );
    assert.doesNotMatch(policy, /unsafe/);
  });

  it('names assets that may be kept for ever', async () => {
    const assets = await assetsOf();
    assert.equal(assets.length, 2);
    for (const asset of assets) {
      const response = await get(asset);
      assert.equal(response.status, 200, asset);
      assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.match(asset, /-[\w-]{10}\.(js|svg)$/);
    }
  });

  it('is less than 100 KB with all that it loads, compressed', async () => {
    const sizes = await Promise.all(
      ['/', ...(await assetsOf())].map(async (path) => {
        const response = await get(path, { 'accept-encoding': 'gzip' });
        return Number(response.headers.get('content-length'));
      }),
    );
    const size = sizes.reduce((sum, one) => sum + one, 0);
    assert.ok(size > 5000 && size < 100_000, `${size} bytes`);
  });

  it('has no asset of another name', async () => {
    assert.equal((await get('/assets/main.js')).status, 404);
  });
});
