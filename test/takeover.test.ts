/**
 * What a client sees when one process takes over from another. The load stands for clients behind a Service: a connection
 * stays where it was opened, and a new one goes where the endpoints say; they are late, as endpoints are.
 */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { httpClients, type Endpoint } from './load/http-clients.ts';
import { Load } from './load/load.ts';
import { openServer } from './load/servers.ts';
import { startService, type ServiceProcess } from './service-process.ts';

const KEEP_ALIVE_CLIENTS = 50;
const REQUESTS = 50_000;
/** How long new connections still come to a process that ends. */
const ENDPOINT_DELAY_MS = 300;

/** Asks the first endpoint until a third of the requests are through, ends it, and then asks the second. */
async function takeOver(requests: number, first: Endpoint, second: Endpoint, endFirst: () => Promise<unknown>) {
  let endpoint = first;
  const load = new Load({
    clients: httpClients({
      url: `http://${first.host}:${first.port}/time`,
      keepAlive: KEEP_ALIVE_CLIENTS,
      fresh: 1,
      endpoint: () => endpoint,
    }),
    maxRequests: 10 * requests,
    maxSeconds: 170,
  });
  await reach(load, requests / 3);
  const ended = endFirst();
  await delay(ENDPOINT_DELAY_MS);
  endpoint = second;
  await ended;
  await reach(load, requests);
  return load.stop();
}

async function reach(load: Load, requests: number): Promise<void> {
  while (load.ended < requests) await delay(10);
}

const endpointOf = (service: ServiceProcess): Endpoint => ({ host: '127.0.0.1', port: service.httpPort });

describe('a takeover under load', function () {
  this.timeout(180_000);

  it(`fails none of ${REQUESTS} requests while one process ends and another takes over`, async () => {
    await using first = await startService({ KEEP_ALIVE_TIMEOUT_MS: '500' });
    await using second = await startService();
    const report = await takeOver(REQUESTS, endpointOf(first), endpointOf(second), () => {
      first.child.kill('SIGTERM');
      return first.ended;
    });
    assert.deepEqual(report.errors, {});
    assert.deepEqual(Object.keys(report.answers), ['200']);
    assert.ok(report.requests >= REQUESTS, String(report.requests));
    assert.equal(report.failed, 0);
    assert.equal(await first.ended, 0);
  });

  it('fails requests where the first closes at once', async () => {
    await using first = await openServer((_, response) => response.end());
    await using second = await openServer((_, response) => response.end());
    const report = await takeOver(3000, first, second, async () => first.server.close());
    assert.ok((report.errors['ECONNREFUSED'] ?? 0) > 0, JSON.stringify(report));
    assert.ok(report.failed > 0);
  });
});
