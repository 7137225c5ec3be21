/** What must hold between this service and a Consul agent: run against a small server, and against a real agent. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { discoverConsul } from '../../app/peers/consul.ts';
import type { Endpoint } from '../../app/peers/endpoint.ts';
import { consulRegistry, openConsul } from '../../app/registry/consul.ts';
import type { Instance } from '../../app/registry/instance.ts';
import { Registration, type Registry } from '../../app/registry/registration.ts';
import type { RestartableServer } from '../restartable-server.ts';

interface ServiceEntry {
  readonly Service: { readonly ID: string; readonly Address: string; readonly Port: number; readonly Meta: object };
  readonly Checks: readonly { readonly CheckID: string; readonly Status: string }[];
}

export const instanceOf = (id: string, port = 8080): Instance => ({
  id,
  httpPort: port,
  metadata: { 'grpc-port': String(port + 1), 'admin-port': '8081', version: '1.2.3', zone: 'Europe/Paris' },
});

export const clientOf = ({ url }: { url: string }, token?: string) => openConsul({ url, readToken: async () => token });

export const registryOf = (agent: { url: string }, id: string, host = '192.0.2.7'): Registry =>
  consulRegistry(clientOf(agent), instanceOf(id), host);

async function listEntries(agent: { url: string }): Promise<ServiceEntry[]> {
  const path = '/v1/health/service/time-service';
  const { text } = await clientOf(agent).ask({ method: 'GET', path, deadlineMs: 1000 });
  return JSON.parse(text) as ServiceEntry[];
}

export async function statusOf(agent: { url: string }, id: string): Promise<string | undefined> {
  const entry = (await listEntries(agent)).find(({ Service }) => Service.ID === id);
  return entry?.Checks.find(({ CheckID }) => CheckID === `service:${id}`)?.Status;
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await delay(20);
}

/** Waits in no time: a renewal is due as soon as the one before is done. */
const hasty = () => delay(5);

export function describeConsul(open: () => Promise<RestartableServer>): void {
  let agent: RestartableServer;

  before(async () => {
    agent = await open();
  });
  after(() => agent?.[Symbol.asyncDispose]());

  it('has the instance with its ports, version and zone, ready, until it leaves', async () => {
    const registry = registryOf(agent, 'a');
    await registry.register(true);
    const [entry] = await listEntries(agent);
    assert.equal(entry?.Service.Address, '192.0.2.7');
    assert.equal(entry.Service.Port, 8080);
    assert.deepEqual(entry.Service.Meta, {
      'grpc-port': '8081',
      'admin-port': '8081',
      version: '1.2.3',
      zone: 'Europe/Paris',
    });
    assert.equal(await statusOf(agent, 'a'), 'passing');
    await registry.deregister();
    assert.deepEqual(await listEntries(agent), []);
  });

  it('leaves the address of an agent on the same machine to that agent', async () => {
    const registry = registryOf(agent, 'b', '::');
    await registry.register(true);
    assert.equal((await listEntries(agent))[0]?.Service.Address, '');
    await registry.deregister();
  });

  it('shows readiness as it changes', async () => {
    const registry = registryOf(agent, 'c');
    await registry.register(false);
    assert.equal(await statusOf(agent, 'c'), 'critical');
    await registry.renew(true);
    assert.equal(await statusOf(agent, 'c'), 'passing');
    await registry.renew(false);
    assert.equal(await statusOf(agent, 'c'), 'critical');
    await registry.deregister();
  });

  it('says of an instance that it does not know that it does not', async () => {
    const registry = registryOf(agent, 'nobody');
    await assert.rejects(registry.renew(true), { name: 'RegistryError', status: 404 });
    await assert.rejects(registry.deregister(), { name: 'RegistryError', status: 404 });
  });

  it('has the instance again after it has restarted with nothing', async () => {
    let isReady = true;
    const registration = new Registration(
      registryOf(agent, 'd'),
      () => isReady,
      { onRegister() {}, onLeave() {}, onFailure() {} },
      hasty,
    );
    await until(async () => (await statusOf(agent, 'd')) === 'passing');
    await agent.restart();
    await until(async () => (await statusOf(agent, 'd')) === 'passing');
    isReady = false;
    await until(async () => (await statusOf(agent, 'd')) === 'critical');
    await registration.leave();
    assert.equal(await statusOf(agent, 'd'), undefined);
  });

  it('tells of other instances as they come, change, and go, and again after it has restarted with nothing', async () => {
    const [e, f] = [registryOf(agent, 'e'), registryOf(agent, 'f')];
    await e.register(true);
    const ending = new AbortController();
    const lists = discoverConsul(clientOf(agent), hasty)(ending.signal)[Symbol.asyncIterator]();
    const show = (endpoints: readonly Endpoint[]) =>
      endpoints.map(({ node, address, port, isReady }) => `${node} ${address}:${port} ${isReady}`).toSorted();
    /** What comes next that differs: an agent may answer with the same again. */
    let last: string[] = [];
    const next = async () => {
      let shown = last;
      while (JSON.stringify(shown) === JSON.stringify(last)) shown = show((await lists.next()).value as Endpoint[]);
      last = shown;
      return shown;
    };
    assert.deepEqual(await next(), ['e 192.0.2.7:8081 true']);
    const withAnother = next();
    await f.register(true);
    assert.deepEqual(await withAnother, ['e 192.0.2.7:8081 true', 'f 192.0.2.7:8081 true']);
    const withUnready = next();
    await f.renew(false);
    assert.deepEqual(await withUnready, ['e 192.0.2.7:8081 true', 'f 192.0.2.7:8081 false']);
    const withoutIt = next();
    await f.deregister();
    assert.deepEqual(await withoutIt, ['e 192.0.2.7:8081 true']);

    const broken = assert.rejects(next());
    // By then the query is under way, and ends with the agent.
    await delay(100);
    await agent.restart();
    await broken;
    const anew = discoverConsul(clientOf(agent), hasty)(ending.signal)[Symbol.asyncIterator]();
    const found = anew.next();
    await e.register(true);
    assert.deepEqual(show((await found).value as Endpoint[]), ['e 192.0.2.7:8081 true']);
    ending.abort();
    await e.deregister();
  });
}
