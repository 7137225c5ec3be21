import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';

import { levelsOf, openService } from './service.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

describe('observation', () => {
  it('counts requests by route, method and status, and never by what a stranger made up', async () => {
    await using service = await openService();
    await fetch(`${service.url}/v1/zones/Europe/Paris`);
    await fetch(`${service.url}/v1/zones/Asia/Tokyo`);
    await fetch(`${service.url}/v1/zones/Mars`, { method: 'HEAD' });
    await fetch(`${service.url}/made/up`);
    const metrics = await service.registry.metrics();
    assert.deepEqual(metrics.match(/^http_requests_total.*$/gm), [
      'http_requests_total{route="/v1/zones/{zone}",method="GET",status="200"} 2',
      'http_requests_total{route="/v1/zones/{zone}",method="HEAD",status="404"} 1',
      'http_requests_total{route="none",method="GET",status="404"} 1',
    ]);
    assert.match(metrics, /^http_request_duration_seconds_count 4$/m);
    assert.match(metrics, /^http_request_duration_seconds_bucket\{le="\+Inf"\} 4$/m);
    assert.match(metrics, /^http_requests_in_flight 0$/m);
  });

  it('counts what a request has waited as part of its duration', async () => {
    await using service = await openService();
    service.waitedMs = 3000;
    await fetch(`${service.url}/time`);
    const metrics = await service.registry.metrics();
    assert.ok(Number(/^http_request_duration_seconds_sum (.*)$/m.exec(metrics)?.[1]) >= 3, metrics);
    const [line] = service.logLines as { durationMs: number }[];
    assert.ok(line && line.durationMs >= 3000, JSON.stringify(line));
    assert.deepEqual(levelsOf(service), ['warn']);
  });

  it('gives a request the id of the caller’s trace', async () => {
    await using service = await openService();
    const response = await fetch(`${service.url}/time`, {
      headers: { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` },
    });
    assert.equal(response.headers.get('x-request-id'), TRACE_ID);
    assert.match(JSON.stringify(service.logLines), new RegExp(TRACE_ID));
  });

  for (const traceparent of [
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
  ]) {
    it(`makes an id of its own for the traceparent ${JSON.stringify(traceparent)}`, async () => {
      await using service = await openService();
      const ids = await Promise.all(
        [1, 2].map(async () =>
          (await fetch(`${service.url}/time`, { headers: { traceparent } })).headers.get('x-request-id'),
        ),
      );
      for (const id of ids) assert.match(id ?? '', /^[0-9a-f]{32}$/);
      assert.notEqual(ids[0], ids[1]);
    });
  }

  it('logs no method that a stranger made up as an error of the service', async () => {
    await using service = await openService();
    const { port } = new URL(service.url);
    const asked = request({ port, host: '127.0.0.1', method: 'PROPFIND', path: '/time' }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 501);
    assert.deepEqual(levelsOf(service), ['debug']);
  });

  it('logs no address, no query and no header of a caller', async () => {
    await using service = await openService();
    await fetch(`${service.url}/time?zone=secret`, { headers: { authorization: 'secret' } });
    assert.equal(service.logLines.length, 1);
    assert.doesNotMatch(JSON.stringify(service.logLines), /secret|127\.0\.0\.1/);
  });
});
