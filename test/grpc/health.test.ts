import assert from 'node:assert/strict';
import { once } from 'node:events';

import {
  credentials,
  makeGenericClientConstructor,
  status,
  type Client,
  type ClientReadableStream,
} from '@grpc/grpc-js';
import { service as officialDefinition } from 'grpc-health-check';

import { openGrpc } from './service.ts';

type Answer = { status: string };

/** The client that the official package's definition makes. */
interface HealthClient extends Client {
  check(request: { service: string }, done: (error: Error | null, answer?: Answer) => void): void;
  list(request: object, done: (error: Error | null, answer?: { statuses: Record<string, Answer> }) => void): void;
  watch(request: { service: string }): ClientReadableStream<Answer>;
}

const HealthClient = makeGenericClientConstructor(officialDefinition, 'Health');

function connect(address: string): HealthClient & Disposable {
  const client = new HealthClient(address, credentials.createInsecure()) as unknown as HealthClient;
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

function check(client: HealthClient, service: string): Promise<string | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  client.check({ service }, (error, answer) => (error ? reject(error) : resolve(answer?.status)));
  return promise;
}

describe('the gRPC health service', () => {
  for (const service of ['', 'time.v1.TimeService']) {
    it(`follows the readiness of ${JSON.stringify(service)}`, async () => {
      await using server = await openGrpc();
      using client = connect(server.address);
      assert.equal(await check(client, service), 'SERVING');
      server.isServing = false;
      assert.equal(await check(client, service), 'NOT_SERVING');
    });
  }

  it('does not find a service that there is not', async () => {
    await using server = await openGrpc();
    using client = connect(server.address);
    await assert.rejects(check(client, 'time.v2.TimeService'), { code: status.NOT_FOUND });
  });

  it('lists every service', async () => {
    await using server = await openGrpc();
    using client = connect(server.address);
    const { promise, resolve } = Promise.withResolvers<object | undefined>();
    client.list({}, (_error, answer) => resolve(answer?.statuses));
    assert.deepEqual(await promise, { '': { status: 'SERVING' }, 'time.v1.TimeService': { status: 'SERVING' } });
  });

  it('tells a watcher of the change, and ends the watch when the server drains', async () => {
    await using server = await openGrpc();
    using client = connect(server.address);
    const watch = client.watch({ service: '' });
    const ended = once(watch, 'error');
    assert.deepEqual(await once(watch, 'data'), [{ status: 'SERVING' }]);
    server.isServing = false;
    assert.deepEqual(await once(watch, 'data'), [{ status: 'NOT_SERVING' }]);
    server.server.beginDrain();
    assert.equal(((await ended)[0] as { code: number }).code, status.UNAVAILABLE);
    await server.server.close();
  });

  it('keeps the watch of an unknown service open, and says that it is unknown', async () => {
    await using server = await openGrpc();
    using client = connect(server.address);
    const watch = client.watch({ service: 'x' });
    watch.on('error', () => {});
    assert.deepEqual(await once(watch, 'data'), [{ status: 'SERVICE_UNKNOWN' }]);
    watch.cancel();
  });
});
