import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { openKubernetesApi } from '../../app/peers/kubernetes-api.ts';
import { needTool } from '../outside-tool.ts';

const { signal } = new AbortController();

describe('the API server’s client', () => {
  let account: string;

  before(function () {
    needTool(this, 'openssl', 'install openssl');
    account = mkdtempSync(join(tmpdir(), 'account-'));
    writeFileSync(join(account, 'namespace'), 'time');
    writeFileSync(join(account, 'token'), 'first');
    const names = ['-subj', '/CN=api', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', join(account, 'key'), '-out', join(account, 'ca.crt')];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    execFileSync('openssl', ['req', '-x509', ...key, ...names, ...files], { stdio: 'pipe' });
  });

  after(() => rmSync(account, { recursive: true, force: true }));

  async function openApi(answer: RequestListener, silenceMs = 5000) {
    const [key, cert] = ['key', 'ca.crt'].map((name) => readFileSync(join(account, name)));
    const server = createServer({ key: key!, cert: cert! }, answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const api = await openKubernetesApi({ origin, account, silenceMs });
    return Object.assign(api, {
      [Symbol.dispose]() {
        server.closeAllConnections();
        server.close();
      },
    });
  }

  it('asks as the pod’s account, in its namespace, with the token that its file has at the time', async () => {
    const tokens: unknown[] = [];
    using api = await openApi(({ url, headers }, response) => {
      tokens.push(headers.authorization);
      response.end(url);
    });
    assert.equal(api.namespace, 'time');
    assert.equal(await text(await api.get('/apis?watch=1', signal)), '/apis?watch=1');
    writeFileSync(join(account, 'token'), 'second');
    await text(await api.get('/', signal));
    assert.deepEqual(tokens, ['Bearer first', 'Bearer second']);
  });

  it('says what the API server answered where that is a refusal', async () => {
    using api = await openApi((_, response) => response.writeHead(403).end('no such right'));
    await assert.rejects(api.get('/apis', signal), /answers 403 to \/apis: no such right/);
  });

  it('gives up an API server that does not answer, and one that falls silent', async () => {
    using api = await openApi(({ url }, response) => {
      if (url === '/watch') response.write('one line');
    }, 100);
    await assert.rejects(api.get('/never', signal), /silent for 100 ms/);
    await assert.rejects(text(await api.get('/watch', signal)), /silent for 100 ms/);
  });

  it('believes no API server that the cluster’s authority has not signed', async () => {
    using api = await openApi((_, response) => response.end());
    const trusted = readFileSync(join(account, 'ca.crt'));
    writeFileSync(join(account, 'ca.crt'), '');
    try {
      await assert.rejects(api.get('/', signal), /self-signed certificate/);
    } finally {
      writeFileSync(join(account, 'ca.crt'), trusted);
    }
  });
});
