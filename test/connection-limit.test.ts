import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';

import { openGrpc } from './grpc/service.ts';
import { ConnectionLimit } from '../app/connection-limit.ts';
import { Application } from '../app/http/application.ts';
import { HttpServer } from '../app/http/server.ts';
import { WorkQueue } from '../app/work-queue.ts';

describe('a limit on connections', () => {
  it('counts those to both public ports, and closes one too many at once', async () => {
    const limit = new ConnectionLimit(2);
    await using http = await openHttp(limit);
    await using grpc = await openGrpc(undefined, limit);
    for (const port of [http.port, grpc.server.port]) await once(connect(port, '127.0.0.1').resume(), 'connect');
    for (const port of [http.port, grpc.server.port]) await once(connect(port, '127.0.0.1').resume(), 'close');
    assert.equal(limit.open, 2);
    assert.equal(limit.refused, 2);
  });

  it('lets another one in when one has gone', async () => {
    const limit = new ConnectionLimit(1);
    await using http = await openHttp(limit);
    const one = connect(http.port, '127.0.0.1');
    await once(one, 'connect');
    await assert.rejects(ask(http.port));
    one.destroy();
    while (limit.open > 0) await new Promise(setImmediate);
    assert.equal(await ask(http.port), 204);
  });
});

function openHttp(limit: ConnectionLimit): Promise<HttpServer> {
  const application = new Application([() => ({ status: 204, headers: [], body: '' })]);
  const address = { host: '127.0.0.1', port: 0, keepAliveTimeoutMs: 1000 };
  return HttpServer.open(application, address, { queue: new WorkQueue(), limit });
}

async function ask(port: number): Promise<number> {
  const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers: { Connection: 'close' } });
  return status;
}
