import assert from 'node:assert/strict';
import { request } from 'node:http';

import { openService, type TestService } from './service.ts';
import { VERSION } from '../../app/version.ts';

describe('HTTP manners', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
    fetch(service.url + path, { method, headers });

  it('answers HEAD like GET, without the body', async () => {
    const [get, head] = [await ask('GET', '/v1/time'), await ask('HEAD', '/v1/time')];
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
    assert.equal(await head.text(), '');
  });

  it('answers OPTIONS with what is allowed, for browsers too', async () => {
    const response = await ask('OPTIONS', '/v1/zones/Europe/Paris');
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('allow'), 'GET, HEAD, OPTIONS');
    assert.equal(response.headers.get('access-control-allow-methods'), 'GET, HEAD, OPTIONS');
    assert.equal(response.headers.get('content-length'), null);
  });

  it('lets a page of any origin read an answer, a problem too', async () => {
    for (const path of ['/time', '/nothing', '/time?zone=x']) {
      assert.equal((await ask('GET', path)).headers.get('access-control-allow-origin'), '*');
    }
  });

  for (const [method, path, status] of [
    ['POST', '/time', 405],
    ['DELETE', '/v1/zones/Europe/Paris', 405],
    ['POST', '/nothing', 404],
    ['PROPFIND', '/time', 501],
    ['PURGE', '/nothing', 501],
    ['GET', '/Time', 404],
    ['GET', '/time/', 404],
    ['GET', '/v1/zones/', 404],
    ['GET', '//time', 404],
  ] as const) {
    it(`answers ${method} ${path} with ${status}`, async () => {
      const { port } = new URL(service.url);
      const { promise, resolve } = Promise.withResolvers<{
        status: number;
        allow: string | undefined;
        type: string | undefined;
      }>();
      request({ port, host: '127.0.0.1', method, path }, (response) => {
        response.resume();
        resolve({
          status: response.statusCode ?? 0,
          allow: response.headers.allow,
          type: response.headers['content-type'],
        });
      }).end();
      const answer = await promise;
      assert.equal(answer.status, status);
      assert.equal(answer.type, 'application/problem+json; charset=utf-8');
      assert.equal(answer.allow, status === 405 || status === 501 ? 'GET, HEAD, OPTIONS' : undefined);
    });
  }

  it('closes the connection under a body that nobody asked for', async () => {
    const response = await fetch(`${service.url}/time`, { method: 'POST', body: 'x'.repeat(1000) });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get('connection'), 'close');
  });

  it('gives zone data an ETag of the service’s version, the tz version and the interval it holds for', async () => {
    const response = await ask('GET', '/v1/zones/Europe/Paris');
    const from = Date.parse('2026-10-25T01:00:00Z');
    const until = Date.parse('2027-03-28T01:00:00Z');
    assert.equal(response.headers.get('etag'), `"${VERSION};${process.versions['tz']};${from};${until}"`);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=3600');
  });

  for (const [ifNoneMatch, status] of [
    ['ETAG', 304],
    ['W/ETAG', 304],
    ['"other", ETAG', 304],
    ['*', 304],
    ['"other"', 200],
  ] as const) {
    it(`answers If-None-Match: ${ifNoneMatch} with ${status}`, async () => {
      const etag = (await ask('GET', '/v1/zones/Asia/Tokyo')).headers.get('etag') ?? '';
      const response = await ask('GET', '/v1/zones/Asia/Tokyo', { 'if-none-match': ifNoneMatch.replace('ETAG', etag) });
      assert.equal(response.status, status);
      assert.equal(response.headers.get('etag'), etag);
      assert.equal((await response.text()).length > 0, status === 200);
    });
  }

  it('never calls a time unchanged', async () => {
    assert.equal((await ask('GET', '/time', { 'if-none-match': '*' })).status, 200);
  });
});
