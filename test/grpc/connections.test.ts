import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants, createServer, type ClientHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { mock } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';

import { openGrpc, TestClient, type TestServer } from './service.ts';
import { drainServers } from '../../app/drain.ts';
import { Connections } from '../../app/grpc/connections.ts';
import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { openSession, TYPE } from '../faults/http2-frames.ts';

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

describe('a connection on which nothing is said', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  const open = async (server: TestServer) => {
    const socket = connectTcp(server.server.port, '127.0.0.1').resume();
    // A reset is an end too.
    socket.on('error', () => {});
    await once(socket, 'connect');
    // Only now is it certain that the server knows of it as well.
    using client = new TestClient(server.address);
    await client.call(TimeService.method.getTime, {});
    return socket;
  };

  for (const [what, bytes] of [
    ['nothing', ''],
    ['the beginning of a preface', 'PRI * HTTP/2.0'],
  ] as const) {
    it(`is ended after five seconds of ${what}`, async () => {
      await using server = await openGrpc();
      const socket = await open(server);
      socket.write(bytes);
      const closed = closeOf(socket);
      mock.timers.tick(4999);
      await immediate();
      assert.equal(socket.closed, false);
      mock.timers.tick(1);
      await closed;
    });
  }

  it('is ended at once when its client leaves', async () => {
    await using server = await openGrpc();
    const socket = await open(server);
    const closed = closeOf(socket);
    socket.end();
    await closed;
  });

  it('keeps nobody from closing', async () => {
    await using server = await openGrpc();
    const socket = await open(server);
    assert.ok(await drainServers([server.server], { acceptMs: 0, deadlineMs: 5000 }));
    socket.destroy();
  });

  it('is one like any other once its client speaks, a byte at a time', async () => {
    await using server = await openGrpc();
    const socket = await open(server);
    for (const byte of openSession()) {
      socket.write(Buffer.of(byte));
      await immediate();
    }
    const [settings] = (await once(socket, 'data')) as [Buffer];
    assert.equal(settings.readUInt8(3), TYPE.settings);
    mock.timers.tick(5000);
    await immediate();
    assert.equal(socket.closed, false);
    socket.destroy();
  });
});

describe('a connection', () => {
  /** A connection with a stream that stays open, so that its client does not leave when it is told to. */
  const open = async () => {
    const server = createServer();
    const connections = new Connections(server);
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      (stream as ServerHttp2Stream).respond();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    session.on('error', () => {});
    const stream = session.request();
    stream.on('error', () => {});
    await once(stream, 'response');
    const close = () => {
      session.destroy();
      server.close();
    };
    return { connections, session, [Symbol.dispose]: close };
  };

  const goaway = (session: ClientHttp2Session) => once(session, 'goaway').then(([code]) => code as number);

  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  it('is not ended before it is four and a half minutes old', async () => {
    using connection = await open();
    let isEnded = false;
    void goaway(connection.session).then(() => (isEnded = true));
    mock.timers.tick(269_000);
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.session.ping(() => resolve());
    await promise;
    assert.equal(isEnded, false);
  });

  it('is told to end at five and a half minutes at the latest, and cut off a minute later', async () => {
    using connection = await open();
    const told = goaway(connection.session);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    connection.session.once('close', () => resolve());
    mock.timers.tick(330_001);
    assert.equal(await told, constants.NGHTTP2_NO_ERROR);
    assert.equal(connection.session.destroyed, false);
    mock.timers.tick(60_000);
    await closed;
  });

  it('is told once to end, however often its end is announced', async () => {
    using connection = await open();
    const told = goaway(connection.session);
    connection.connections.announceEnds();
    connection.connections.announceEnds();
    await told;
    let times = 1;
    connection.session.on('goaway', () => (times += 1));
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.session.ping(() => resolve());
    await promise;
    assert.equal(times, 1);
  });

  it('is not waited for long when its client does not leave', async () => {
    using connection = await open();
    connection.connections.announceEnds();
    await connection.connections.leave();
    assert.equal(connection.session.destroyed, false);
  });

  it('is not waited for when its client has left', async () => {
    using connection = await open();
    connection.connections.announceEnds();
    const left = connection.connections.leave();
    connection.session.destroy();
    await left;
    assert.equal(await Promise.race([connection.connections.leave().then(() => 'left'), immediate('waits')]), 'left');
  });
});
