import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { startService } from '../service-process.ts';
import { statusOf } from './consul-contract.ts';
import { ConsulServer } from './consul-server.ts';

const SECRET = 'b1gs8cf1-5e2f';

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

describe('a process with a registry', () => {
  it('enters itself, finds the others there, and leaves before it drains', async () => {
    await using server = await ConsulServer.open();
    const environment = {
      REGISTRY: `consul:${server.url}`,
      REGISTRY_TOKEN: SECRET,
      REGISTRY_TURNOVER_MS: '1500',
      PEERS: 'registry',
      KEEP_ALIVE_TIMEOUT_MS: '100',
      LOG_LEVEL: 'debug',
    };
    await using one = await startService(environment);
    await using other = await startService(environment);
    await Promise.all([one.logged('"registered"'), other.logged('"registered"')]);
    const idOf = ({ logLines }: { logLines: readonly string[] }) => {
      const line = logLines.find((text) => text.includes('"registered"')) ?? '';
      return (JSON.parse(line) as { id: string }).id;
    };
    assert.notEqual(idOf(one), idOf(other));
    assert.equal(await statusOf(server, idOf(one)), 'passing');
    await until(async () => {
      const answer = await fetch(`http://127.0.0.1:${one.httpPort}/v1/peers`);
      const { peers } = (await answer.json()) as { peers: { node: string; verdict: string }[] };
      return peers.some(({ node, verdict }) => node === idOf(other) && verdict === 'agrees');
    });

    one.child.kill('SIGTERM');
    await one.logged('left the registry');
    assert.equal(await statusOf(server, idOf(one)), undefined);
    assert.equal(await statusOf(server, idOf(other)), 'passing');
    // Whoever has not heard of it yet is served as before.
    const answer = await fetch(`http://127.0.0.1:${one.httpPort}/time`);
    assert.equal(answer.headers.get('connection'), 'keep-alive');
    await until(async () => {
      const { headers } = await fetch(`http://127.0.0.1:${one.httpPort}/time`);
      return headers.get('connection') === 'close';
    });
    assert.equal(await one.ended, 0);
    assert.doesNotMatch(one.logLines.join('\n'), new RegExp(SECRET));
  });

  it('serves while the registry is away, slow or refusing, and enters itself when it is back', async () => {
    await using server = await ConsulServer.open();
    server.fault = { status: 403, body: 'Permission denied' };
    await using service = await startService({ REGISTRY: `consul:${server.url}`, REGISTRY_TOKEN: SECRET });
    await service.logged('Permission denied');
    assert.equal((await fetch(`http://127.0.0.1:${service.adminPort}/readyz`)).status, 200);
    server.fault = 'silence';
    await service.logged('has not answered PUT');
    server.fault = undefined;
    await service.logged('"registered"');
    assert.doesNotMatch(service.logLines.join('\n'), new RegExp(SECRET));
    service.child.kill('SIGINT');
    assert.equal(await service.ended, 0);
  });
});
