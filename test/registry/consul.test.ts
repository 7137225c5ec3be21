import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { discoverConsul } from '../../app/peers/consul.ts';
import { clientOf, describeConsul, registryOf, statusOf } from './consul-contract.ts';
import { ConsulServer } from './consul-server.ts';

describe('Consul, as a small server made from its documented API', () => {
  describeConsul(() => ConsulServer.open());

  it('finds an instance critical that has not renewed its check for fifteen seconds, and not one that has', async () => {
    await using server = await ConsulServer.open();
    const registry = registryOf(server, 'a');
    await registry.register(true);
    for (let ms = 0; ms < 60_000; ms += registry.renewalMs) {
      server.advance(registry.renewalMs);
      await registry.renew(true);
      assert.equal(await statusOf(server, 'a'), 'passing');
    }
    server.advance(15_001);
    assert.equal(await statusOf(server, 'a'), 'critical');
  });

  it('is sent the token in its header, and none without one', async () => {
    await using server = await ConsulServer.open();
    await clientOf(server, 'secret').ask({ method: 'GET', path: '/v1/health/service/x', deadlineMs: 1000 });
    await clientOf(server).ask({ method: 'GET', path: '/v1/health/service/x', deadlineMs: 1000 });
    assert.deepEqual(
      server.requests.map(({ token }) => token),
      ['secret', undefined],
    );
  });
});

describe('an index of Consul', () => {
  /** @returns which index each query had, where the answers had these */
  async function indexesAsked(answered: readonly (string | undefined)[]): Promise<number[]> {
    const asked: number[] = [];
    const server = createServer((request, response) => {
      const index = answered[asked.length];
      asked.push(Number(new URL(request.url!, 'http://consul').searchParams.get('index')));
      if (index !== undefined) response.setHeader('X-Consul-Index', index);
      response.end('[]');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = clientOf({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const ending = new AbortController();
    const sleep = async () => {
      if (asked.length > answered.length) ending.abort();
    };
    for await (const endpoints of discoverConsul(client, sleep)(ending.signal)) assert.deepEqual(endpoints, []);
    server.close();
    return asked;
  }

  const cases: [string, (string | undefined)[], number[]][] = [
    ['is handed on', ['5', '7'], [0, 5, 7]],
    ['that goes back begins again from nothing', ['50', '7', '8'], [0, 50, 0, 8]],
    ['of nought, or none at all, is taken for one, so that the next query blocks', ['0', undefined], [0, 1, 1]],
  ];
  for (const [name, answered, asked] of cases) {
    it(name, async () => assert.deepEqual(await indexesAsked(answered), asked));
  }
});
