import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';

import { openService } from './service.ts';
import { drainServers } from '../../app/drain.ts';
import { answerText } from '../../app/http/answer.ts';
import { defineRoute } from '../../app/http/route.ts';

function ask(port: number, agent: Agent, path = '/time'): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get({ port, host: '127.0.0.1', agent, path }, (response) => {
    response.resume();
    response.once('end', () => resolve(response));
  }).once('error', reject);
  return promise;
}

describe('the drain of the HTTP server', () => {
  it('asks a kept connection to close with its next answer, and then closes at once', async () => {
    await using service = await openService();
    using agent = disposableAgent();
    await ask(service.server.port, agent);
    service.server.beginDrain();
    const answer = await ask(service.server.port, agent);
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers.connection, 'close');
    await service.server.close();
  });

  it('ends an idle kept connection when it closes', async () => {
    await using service = await openService();
    using agent = disposableAgent();
    await ask(service.server.port, agent);
    assert.ok(await drainServers([service.server], { acceptMs: 0, deadlineMs: 5000 }));
  });

  it('lets a request in flight end', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const slow = defineRoute({
      path: '/slow',
      summary: '',
      pathParameters: {},
      queryParameters: {},
      produces: ['text/plain'],
      handle: async () => {
        enter();
        await released;
        return answerText('done', []);
      },
    });
    await using service = await openService({ routes: [slow] });
    using agent = disposableAgent();
    const answer = ask(service.server.port, agent, '/slow');
    await entered;
    const drained = drainServers([service.server], { acceptMs: 0, deadlineMs: 5000 });
    release();
    assert.equal((await answer).statusCode, 200);
    assert.equal((await answer).headers.connection, 'close');
    assert.ok(await drained);
  });

  it('cuts off a client that never finishes its headers, at the deadline', async () => {
    await using service = await openService();
    const socket = connect(service.server.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    socket.on('error', () => {});
    socket.write('GET /time HTTP/1.1\r\nHost: x\r\n');
    assert.equal(await drainServers([service.server], { acceptMs: 0, deadlineMs: 100 }), false);
    await closed;
  });

  it('still accepts while it drains', async () => {
    await using service = await openService();
    using agent = disposableAgent();
    const drained = drainServers([service.server], { acceptMs: 200, deadlineMs: 5000 });
    assert.equal((await ask(service.server.port, agent)).statusCode, 200);
    assert.ok(await drained);
    await assert.rejects(ask(service.server.port, agent), { code: 'ECONNREFUSED' });
  });
});

function disposableAgent(): Agent & Disposable {
  const agent = new Agent({ keepAlive: true });
  return Object.assign(agent, { [Symbol.dispose]: () => agent.destroy() });
}
