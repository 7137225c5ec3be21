import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { discoverEureka } from '../../app/peers/eureka.ts';
import type { Endpoint } from '../../app/peers/endpoint.ts';
import { eurekaRegistry, openEureka } from '../../app/registry/eureka.ts';
import { Registration } from '../../app/registry/registration.ts';
import { needTool } from '../outside-tool.ts';
import { instanceOf } from '../registry/consul-contract.ts';
import type { RestartableServer } from '../restartable-server.ts';
import { startService } from '../service-process.ts';
import { buildEurekaServer, openEurekaServer } from './eureka-server.ts';

interface ShownInstance {
  readonly status: string;
  readonly ipAddr: string;
  readonly port: { readonly $: number };
  readonly vipAddress: string;
  readonly metadata: object;
}

const clientOf = (url: string) => openEureka({ url, readToken: async () => undefined });
const registryOf = (url: string, id: string) => eurekaRegistry(clientOf(url), instanceOf(id), '192.0.2.7');
const show = (endpoints: readonly Endpoint[]) =>
  endpoints.map(({ node, address, port, isReady }) => `${node} ${address}:${port} ${isReady}`).toSorted();

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(50);
}

describe('Netflix’s Eureka', () => {
  let server: RestartableServer;

  before(async function () {
    needTool(this, 'java', 'install openjdk-17-jdk-headless');
    needTool(this, 'mvn', 'install maven');
    buildEurekaServer();
    server = await openEurekaServer();
  });
  after(() => server?.[Symbol.asyncDispose]());

  const find = async (id: string): Promise<ShownInstance | undefined> => {
    const answer = await fetch(`${server.url}/apps/TIME-SERVICE/${id}`, {
      headers: { Accept: 'application/json', Connection: 'close' },
    }).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as { instance: ShownInstance }).instance : undefined;
  };
  const override = (id: string, status: string) =>
    fetch(`${server.url}/apps/TIME-SERVICE/${id}/status?value=${status}`, { method: 'PUT' });

  it('has the instance with its ports, version and zone, up, until it leaves', async () => {
    const registry = registryOf(server.url, 'a');
    await registry.register(true);
    const shown = await find('a');
    assert.equal(shown?.status, 'UP');
    assert.equal(shown.ipAddr, '192.0.2.7');
    assert.equal(shown.port.$, 8080);
    assert.equal(shown.vipAddress, 'time-service');
    assert.deepEqual(shown.metadata, {
      'grpc-port': '8081',
      'admin-port': '8081',
      version: '1.2.3',
      zone: 'Europe/Paris',
    });
    await registry.renew(true);
    await registry.deregister();
    assert.equal(await find('a'), undefined);
  });

  it('shows readiness as it changes, and keeps what an operator says over renewals', async () => {
    const registry = registryOf(server.url, 'b');
    await registry.register(true);
    await registry.renew(false);
    assert.equal((await find('b'))?.status, 'OUT_OF_SERVICE');
    await registry.renew(true);
    assert.equal((await find('b'))?.status, 'UP');
    await override('b', 'OUT_OF_SERVICE');
    await registry.renew(true);
    assert.equal((await find('b'))?.status, 'OUT_OF_SERVICE');
    await registry.deregister();
  });

  it('has an instance up that was out of service when it crashed, once it has started again', async () => {
    await registryOf(server.url, 'c').register(false);
    assert.equal((await find('c'))?.status, 'OUT_OF_SERVICE');
    const registry = registryOf(server.url, 'c');
    await registry.register(true);
    assert.equal((await find('c'))?.status, 'UP');
    await registry.deregister();
  });

  it('says of an instance that it does not know that it does not', async () => {
    const registry = registryOf(server.url, 'nobody');
    await assert.rejects(registry.renew(true), { name: 'RegistryError', status: 404 });
    await assert.rejects(registry.deregister(), { name: 'RegistryError', status: 404 });
  });

  it('tells of other instances by what has changed, and asks for all again where that does not add up', async () => {
    const asked: string[] = [];
    let isLossy = false;
    // Between the two, to see what is asked, and to lose a change.
    await using proxy = createServer((request: IncomingMessage, response) => {
      asked.push(request.url ?? '');
      const isDelta = request.url?.endsWith('/delta') === true;
      void (async () => {
        const answer = await fetch(server.url + request.url, { headers: { Accept: 'application/json' } });
        const body = await answer.text();
        response.end(isDelta && isLossy ? body.replace(/"application":\[.*\]/, '"application":[]') : body);
      })();
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

    const [d, e] = [registryOf(server.url, 'd'), registryOf(server.url, 'e')];
    await d.register(true);
    await delay(500);
    const ending = new AbortController();
    const lists = discoverEureka(clientOf(url), () => delay(500))(ending.signal)[Symbol.asyncIterator]();
    const next = async () => show((await lists.next()).value as Endpoint[]);
    assert.deepEqual(await next(), ['d 192.0.2.7:8081 true']);
    await e.register(true);
    assert.deepEqual(await next(), ['d 192.0.2.7:8081 true', 'e 192.0.2.7:8081 true']);
    await e.renew(false);
    assert.deepEqual(await next(), ['d 192.0.2.7:8081 true', 'e 192.0.2.7:8081 false']);
    assert.deepEqual(asked, ['/apps', '/apps/delta', '/apps/delta']);
    isLossy = true;
    await e.deregister();
    assert.deepEqual(await next(), ['d 192.0.2.7:8081 true']);
    assert.deepEqual(asked.slice(3), ['/apps/delta', '/apps']);
    ending.abort();
    await d.deregister();
  });

  it('has the instance again after it has restarted with nothing', async () => {
    const events = { onRegister() {}, onLeave() {}, onFailure() {} };
    const registration = new Registration(
      registryOf(server.url, 'f'),
      () => true,
      events,
      () => delay(5),
    );
    await until(async () => (await find('f'))?.status === 'UP');
    await server.restart();
    await until(async () => (await find('f'))?.status === 'UP');
    await registration.leave();
    assert.equal(await find('f'), undefined);
  });

  it('is told by a process that it serves, and that it ends', async () => {
    await using service = await startService({
      REGISTRY: `eureka:${server.url}`,
      REGISTRY_TURNOVER_MS: '0',
      KEEP_ALIVE_TIMEOUT_MS: '100',
    });
    await service.logged('"registered"');
    const { id } = JSON.parse(service.logLines.find((line) => line.includes('"registered"')) ?? '') as { id: string };
    assert.equal((await find(id))?.port.$, service.httpPort);
    service.child.kill('SIGTERM');
    await service.logged('left the registry');
    assert.equal(await find(id), undefined);
    assert.equal(await service.ended, 0);
  });
});
