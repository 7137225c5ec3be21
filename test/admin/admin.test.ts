import assert from 'node:assert/strict';

import { pino } from 'pino';

import { Health } from '../../app/admin/health.ts';
import { adminRoutes } from '../../app/admin/routes.ts';
import { Application } from '../../app/http/application.ts';
import { recoverErrors } from '../../app/http/layers.ts';
import { routeRequests } from '../../app/http/router.ts';
import { HttpServer } from '../../app/http/server.ts';
import { openRegistry } from '../../app/telemetry/registry.ts';

const BUILD = { version: '1.2.3', revision: 'abc', node: '26.10.0', tzdb: '2026c' };

describe('the admin port', () => {
  const health = new Health();
  let server: HttpServer;
  let failure: string | undefined;
  before(async () => {
    health.add('ready', 'serving', () => failure);
    health.add('ready', 'tzdb', () => undefined);
    const routes = adminRoutes(health, openRegistry(BUILD), BUILD);
    const application = new Application([recoverErrors(pino({ level: 'silent' })), routeRequests(routes)]);
    server = await HttpServer.open(application, { host: '127.0.0.1', port: 0, keepAliveTimeoutMs: 1000 });
  });
  after(() => server[Symbol.asyncDispose]());
  afterEach(() => {
    failure = undefined;
  });

  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

  it('is ready while all checks pass, and lists them when asked', async () => {
    const response = await get('/readyz?verbose');
    assert.equal(response.status, 200);
    assert.equal(await response.text(), '[+] serving ok\n[+] tzdb ok\nok\n');
    assert.equal(await (await get('/readyz')).text(), 'ok\n');
  });

  it('is not ready when one check fails, and says which and why', async () => {
    failure = 'the service is draining';
    const response = await get('/readyz');
    assert.equal(response.status, 503);
    assert.equal(await response.text(), '[-] serving failed: the service is draining\nready failed\n');
    assert.equal((await get('/livez')).status, 200);
    assert.equal((await get('/startupz')).status, 200);
  });

  it('gives metrics to Prometheus, with the tz version and the build', async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1' },
    });
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    const metrics = await response.text();
    assert.match(metrics, new RegExp(`^time_service_tzdb_info\\{version="${process.versions['tz']}"\\} 1$`, 'm'));
    assert.match(metrics, /^time_service_build_info\{version="1.2.3",revision="abc"\} 1$/m);
    assert.match(metrics, /^nodejs_eventloop_lag_p99_seconds /m);
  });

  it('says which build it is', async () => {
    assert.deepEqual(await (await get('/version')).json(), BUILD);
  });
});
