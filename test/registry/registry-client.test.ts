import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openConsul } from '../../app/registry/consul.ts';
import { openEureka } from '../../app/registry/eureka.ts';
import { tokenReader } from '../../app/registry/registry-source.ts';

async function openServer(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const read = { method: 'GET', path: '/v1/thing', deadlineMs: 5000 } as const;
const noToken = tokenReader(undefined, undefined);

describe('a registry’s client', () => {
  it('says what the registry answered where that is a refusal, and never the token', async () => {
    using server = await openServer((_, response) => response.writeHead(403).end('Permission denied\n'));
    const client = openConsul({ url: server.url, readToken: tokenReader('secret', undefined) });
    await assert.rejects(client.ask(read), (error: Error) => {
      assert.equal(error.message, 'The registry answers 403 to GET /v1/thing: Permission denied');
      assert.doesNotMatch(JSON.stringify(error) + error.stack, /secret/);
      return true;
    });
  });

  it('gives up a registry that does not answer by the deadline, or does not end its answer', async () => {
    using server = await openServer(({ url }, response) => {
      if (url === '/v1/thing') response.write('[');
    });
    const client = openConsul({ url: server.url, readToken: noToken });
    await assert.rejects(client.ask({ ...read, path: '/never', deadlineMs: 50 }), /not answered GET \/never in 50 ms/);
    await assert.rejects(client.ask({ ...read, deadlineMs: 50 }), /not answered GET \/v1\/thing in 50 ms/);
  });

  it('gives up an answer that is longer than 8 MiB', async () => {
    using server = await openServer((_, response) => response.end(Buffer.alloc(8 * 1024 * 1024 + 1)));
    await assert.rejects(openConsul({ url: server.url, readToken: noToken }).ask(read), /more than 8388608 bytes/);
  });

  it('follows no redirection, which would take the token elsewhere', async () => {
    using server = await openServer((_, response) => response.writeHead(301, { Location: '/elsewhere' }).end());
    await assert.rejects(openConsul({ url: server.url, readToken: noToken }).ask(read), { status: 301 });
  });

  it('sends the token that its file has at the time, in the way of each registry', async () => {
    const sent: unknown[] = [];
    using server = await openServer(({ headers }, response) => {
      sent.push(headers['x-consul-token'] ?? headers.authorization);
      response.end();
    });
    const directory = mkdtempSync(join(tmpdir(), 'token-'));
    const file = join(directory, 'token');
    const source = { url: server.url, readToken: tokenReader(undefined, file) };
    writeFileSync(file, 'first\n');
    await openConsul(source).ask(read);
    writeFileSync(file, 'second\n');
    await openConsul(source).ask(read);
    await openEureka(source).ask(read);
    writeFileSync(file, 'user:password\n');
    await openEureka(source).ask(read);
    rmSync(directory, { recursive: true });
    await assert.rejects(openConsul(source).ask(read), /ENOENT/);
    assert.deepEqual(sent, ['first', 'second', 'Bearer second', `Basic ${btoa('user:password')}`]);
  });
});
