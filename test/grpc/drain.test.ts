import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { setImmediate as immediate } from 'node:timers/promises';

import { status, type ServiceError } from '@grpc/grpc-js';

import { openGrpc, TestClient } from './service.ts';
import { drainServers } from '../../app/drain.ts';
import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { defineService } from '../../app/grpc/service.ts';

const { getTime, watchTime } = TimeService.method;

describe('the drain of the gRPC server', () => {
  it('ends an idle connection, which a client would keep for ever', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    await client.call(getTime, {});
    assert.ok(await drainServers([server.server], { acceptMs: 0, deadlineMs: 5000 }));
  });

  it('still accepts while it drains, and refuses connections afterwards', async () => {
    await using server = await openGrpc();
    const drained = drainServers([server.server], { acceptMs: 200, deadlineMs: 5000 });
    using client = new TestClient(server.address);
    await client.call(getTime, {});
    assert.ok(await drained);
    using late = new TestClient(server.address);
    await assert.rejects(late.call(getTime, {}), { code: status.UNAVAILABLE });
  });

  it('cuts off a stream that does not end by itself, at the deadline', async () => {
    const stubborn = defineService(TimeService, { watchTime: () => {} } as never);
    await using server = await openGrpc([stubborn]);
    using client = new TestClient(server.address);
    const watch = client.open(watchTime, {}).resume();
    await once(watch, 'metadata');
    const ended = once(watch, 'error');
    assert.equal(await drainServers([server.server], { acceptMs: 0, deadlineMs: 100 }), false);
    await ended;
  });

  it('ends the watch of a reader that reads nothing', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const watch = client.open(watchTime, {});
    watch.on('error', () => {});
    await once(watch, 'metadata');
    assert.ok(await drainServers([server.server], { acceptMs: 0, deadlineMs: 5000 }));
  });

  it('loses none of many calls while servers take over from one another, with the documented service config', async () => {
    const serviceConfig = readFileSync('app/grpc/proto/time/v1/time_grpc_service_config.json', 'utf8');
    await using servers = new AsyncDisposableStack();
    const open = async () => servers.use(await openGrpc());
    let current = await open();
    // A Service: new connections go to the pod that is ready, and those there are stay where they are.
    const endpoint = createServer({ noDelay: true }, (socket) => {
      const pod = connect({ port: current.server.port, host: '127.0.0.1', noDelay: true });
      pipeline(socket, pod, socket, () => {});
    }).listen(0, '127.0.0.1');
    servers.defer(() => void endpoint.close());
    await once(endpoint, 'listening');
    const address = `127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
    const over = new AbortController();
    const failures: string[] = [];
    const counts = { answered: 0 };
    const callers = Array.from({ length: 10 }, async () => {
      using client = new TestClient(address, { 'grpc.service_config': serviceConfig });
      while (!over.signal.aborted) {
        try {
          await client.call(getTime, {});
          counts.answered += 1;
        } catch (error) {
          failures.push((error as ServiceError).message);
        }
      }
    });
    for (let rollout = 0; rollout < 4; rollout++) {
      const old = current;
      const next = await open();
      const drained = drainServers([old.server], { acceptMs: 300, deadlineMs: 5000 });
      current = next;
      assert.ok(await drained);
      const enough = counts.answered + 50;
      while (counts.answered < enough) await immediate();
    }
    over.abort();
    await Promise.all(callers);
    assert.deepEqual(failures, []);
  });
});
