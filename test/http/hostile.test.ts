import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { levelsOf, openService, type TestService } from './service.ts';
import { answerText } from '../../app/http/answer.ts';
import { defineRoute } from '../../app/http/route.ts';

/** Sends bytes, and resolves with all that came back once the server has ended the connection. */
async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes);
  return text(socket);
}

describe('hostile requests', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const host = 'Host: localhost\r\n';
  const close = 'Connection: close\r\n';
  for (const [what, bytes, status] of [
    ['two Host headers', `GET /time HTTP/1.1\r\n${host}Host: elsewhere\r\n${close}\r\n`, 400],
    ['no Host header', `GET /time HTTP/1.1\r\n${close}\r\n`, 400],
    [
      'both Content-Length and Transfer-Encoding',
      `GET /time HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
    ],
    [
      'a coding that only ends in chunked',
      `GET /time HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['two Content-Lengths', `GET /time HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, 400],
    ['a folded header', `GET /time HTTP/1.1\r\n${host}X: a\r\n b\r\n\r\n`, 400],
    ['a blank before a colon', `GET /time HTTP/1.1\r\n${host}X : a\r\n\r\n`, 400],
    ['bytes that are no HTTP', '\u0016\u0003\u0001\u0000\r\n\r\n', 400],
    ['headers of 20 KB', `GET /time HTTP/1.1\r\n${host}X: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['a target of 20 KB', `GET /time?zone=${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, 414],
    ['a target of 5 KB', `GET /time?zone=${'a'.repeat(5000)} HTTP/1.1\r\n${host}${close}\r\n`, 414],
  ] as const) {
    it(`refuses ${what} with ${status}, as a problem`, async () => {
      const answer = await exchangeBytes(service.server.port, bytes);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      // Node itself answers for a missing Host, and without a body.
      assert.match(answer, what === 'no Host header' ? /Connection: close/ : /"detail":"Expected /);
    });
  }

  for (const target of ['foo://x', 'http://%@x/', 'http://[%]/']) {
    it(`refuses the target ${target}, as it does any other request`, async () => {
      await using own = await openService();
      const answer = await exchangeBytes(own.server.port, `GET ${target} HTTP/1.1\r\n${host}${close}\r\n`);
      assert.match(answer, /^HTTP\/1.1 400 /);
      assert.ok(answer.includes(`"Expected a target with a path, got \\"${target}\\""`), answer);
      assert.match(answer, /^X-Request-Id: [0-9a-f]{32}\r$/m);
      assert.match(answer, /^Tzdb-Version: /m);
      const metrics = await own.registry.metrics();
      assert.match(metrics, /^http_requests_total\{route="none",method="GET",status="400"\} 1$/m);
      assert.match(metrics, /^http_requests_in_flight 0$/m);
      assert.equal(own.logLines.length, 1);
    });
  }

  it('answers pipelined requests in order', async () => {
    const one = (zone: string) => `GET /time?zone=${zone} HTTP/1.1\r\n${host}`;
    const answer = await exchangeBytes(
      service.server.port,
      `${one('UTC')}\r\n${one('Asia/Tokyo')}\r\n${one('Mars')}${close}\r\n`,
    );
    assert.match(answer, /03:05:54HTTP\/1\.1 200.*12:05:54HTTP\/1\.1 400/s);
  });

  it('ends a connection that sends many requests and waits for no answer', async () => {
    const requests = `GET /v1/zones HTTP/1.1\r\n${host}\r\n`.repeat(100);
    const answers = await exchangeBytes(service.server.port, requests).catch(() => '');
    assert.ok(answers.split('HTTP/1.1 200').length <= 18);
  });

  it('answers an absolute target', async () => {
    assert.match(
      await exchangeBytes(service.server.port, `GET http://x/time HTTP/1.1\r\n${host}${close}\r\n`),
      /03:05:54$/,
    );
  });
});

describe('a handler that fails', () => {
  const failures: Record<string, () => never> = {
    null: () => {
      // The case that hangs Koa for ever is to throw what is no error.
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error
      throw null;
    },
    undefined: () => {
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error
      throw undefined;
    },
    error: () => {
      throw new Error('a secret of the inside');
    },
  };

  for (const [what, fail] of Object.entries(failures)) {
    for (const [when, handle] of [
      ['at once', fail],
      ['later', () => Promise.resolve().then(fail)],
    ] as const) {
      it(`that throws ${what} ${when} is a 500 that tells nothing`, async () => {
        const route = defineRoute({
          path: '/fail',
          summary: '',
          pathParameters: {},
          queryParameters: {},
          produces: ['text/plain'],
          handle,
        });
        await using service = await openService({ routes: [route] });
        const response = await fetch(`${service.url}/fail`);
        assert.equal(response.status, 500);
        assert.doesNotMatch(await response.text(), /secret|\.ts/);
        assert.match(JSON.stringify(service.logLines), /unforeseen failure/);
      });
    }
  }
});

describe('overload', () => {
  it('is answered 503 with Retry-After and no warning a request while the event loop is late, and ends with it', async () => {
    const route = defineRoute({
      path: '/',
      summary: '',
      pathParameters: {},
      queryParameters: {},
      produces: ['text/plain'],
      handle: () => answerText('ok', []),
    });
    await using service = await openService({ routes: [route] });
    service.delayMs = 501;
    const refused = await fetch(service.url);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    assert.deepEqual(levelsOf(service), ['debug']);
    service.delayMs = 500;
    assert.equal((await fetch(service.url)).status, 200);
  });
});
