import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Session,
  type IncomingHttpHeaders,
} from 'node:http2';
import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { create, toBinary } from '@bufbuild/protobuf';
import { Metadata, status, type ServerWritableStream, type ServiceError } from '@grpc/grpc-js';

import { openGrpc, TestClient, type TestServer } from './service.ts';
import type { Clock } from '../../app/clock/clock.ts';
import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { defineService, type Handlers } from '../../app/grpc/service.ts';
import { timeService } from '../../app/grpc/time-service.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { stillClock } from '../http/service.ts';

const { getTime, watchTime } = TimeService.method;

/** The headers of a call that is made without a client library. */
const GET_TIME = {
  ':method': 'POST',
  ':path': '/time.v1.TimeService/GetTime',
  'content-type': 'application/grpc',
  te: 'trailers',
};

/** A message of two bytes that are no field of any. */
const UNREADABLE = Buffer.from([0, 0, 0, 0, 2, 0xff, 0xff]);

/** With what a call ends, be it in its headers or in its trailers. */
function statusOf(stream: ClientHttp2Stream): Promise<{ code: string; message: string }> {
  const { promise, resolve } = Promise.withResolvers<{ code: string; message: string }>();
  const take = (headers: IncomingHttpHeaders) => {
    const { 'grpc-status': code, 'grpc-message': message } = headers;
    if (code !== undefined) resolve({ code: String(code), message: decodeURI(String(message)) });
  };
  stream.once('response', take).once('trailers', take);
  return promise;
}

/** What a client is told before its connection is ended. */
interface Goaway {
  readonly code: number;
  readonly text: string;
}

async function openSession(server: TestServer): Promise<ClientHttp2Session & Disposable> {
  const session = connect(`http://${server.address}`);
  session.on('error', () => {});
  await once(session, 'connect');
  return Object.assign(session, { [Symbol.dispose]: () => session.destroy() });
}

function goawayOf(session: Http2Session): Promise<Goaway> {
  const { promise, resolve } = Promise.withResolvers<Goaway>();
  session.once('goaway', (code: number, _lastStreamId: number, data: Buffer) => resolve({ code, text: String(data) }));
  return promise;
}

function ping(session: Http2Session): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  session.ping((error) => (error ? reject(error) : resolve()));
  return promise;
}

describe('the limits of the gRPC server', () => {
  it('refuses a request of more than 16 KiB', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const zone = 'x'.repeat(16 * 1024);
    await assert.rejects(client.call(getTime, { zones: [zone] }), { code: status.RESOURCE_EXHAUSTED });
  });

  it('tells what is wrong with fifty zones in trailers that a client with room for 8 KiB takes', async () => {
    await using server = await openGrpc();
    using session = await openSession(server);
    const message = toBinary(
      getTime.input,
      create(getTime.input, { zones: Array.from({ length: 50 }, () => '字'.repeat(99)) }),
    );
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(message.length, 1);
    const stream = session.request(GET_TIME);
    stream.resume().end(Buffer.concat([frame, message]));
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, string>];
    assert.equal(trailers['grpc-status'], String(status.INVALID_ARGUMENT));
    assert.match(decodeURIComponent(trailers['grpc-message'] ?? ''), /^zones\[0\]: .*; zones\[4\]: .*; and 45 more$/);
    const entries = Object.entries(trailers);
    const bytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
    assert.ok(bytes <= 8192, `${bytes} bytes`);
  });

  it('refuses metadata of more than 8 KiB, and takes less', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const padded = (length: number) => {
      const metadata = new Metadata();
      metadata.set('padding', 'x'.repeat(length));
      return metadata;
    };
    await client.call(getTime, {}, { metadata: padded(7000) });
    await assert.rejects(client.call(getTime, {}, { metadata: padded(9000) }), { code: status.RESOURCE_EXHAUSTED });
  });

  it('lets 100 calls be open on a connection, and holds back the next until one ends', async () => {
    const held: ServerWritableStream<unknown, unknown>[] = [];
    const { promise: full, resolve: fill } = Promise.withResolvers<void>();
    const holding = defineService(TimeService, {
      ...(timeService(stillClock, parseZone('UTC')).handlers as Handlers<typeof TimeService.method>),
      watchTime(call) {
        held.push(call);
        if (held.length === 100) fill();
      },
    });
    await using server = await openGrpc([holding]);
    using client = new TestClient(server.address);
    for (let count = 0; count < 100; count++) client.open(watchTime, {}).on('error', () => {});
    await full;
    let isAnswered = false;
    const next = client.call(getTime, {}).then(() => (isAnswered = true));
    using other = new TestClient(server.address);
    for (let round = 0; round < 20; round++) await other.call(getTime, {});
    assert.equal(isAnswered, false);
    held.pop()?.end();
    assert.equal(await next, true);
    for (const call of held) call.end();
  });

  it('ends a connection that pings and does nothing else', async () => {
    await using server = await openGrpc();
    using session = await openSession(server);
    const goaway = goawayOf(session);
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    session.once('close', close);
    for (let count = 0; count < 3; count++) await ping(session);
    await assert.rejects(ping(session).then(() => ping(session)));
    assert.deepEqual(await goaway, { code: constants.NGHTTP2_ENHANCE_YOUR_CALM, text: 'too_many_pings' });
    await closed;
  });

  it('ends a connection that cancels its calls in a flood', async () => {
    await using server = await openGrpc();
    using session = await openSession(server);
    const goaway = goawayOf(session);
    for (let count = 0; count < 300; count++) {
      const stream = session.request(GET_TIME);
      stream.on('error', () => {}).close(constants.NGHTTP2_CANCEL);
      if (count % 50 === 0) await nextTurn();
    }
    assert.equal((await goaway).code, constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('lets a client ping after each answer, as those that measure bandwidth do', async () => {
    await using server = await openGrpc();
    using session = await openSession(server);
    for (let count = 0; count < 20; count++) {
      const stream = session.request(GET_TIME);
      stream.end(Buffer.alloc(5)).resume();
      await once(stream, 'end');
      await ping(session);
    }
    assert.equal(session.destroyed, false);
  });

  it('does not answer what is not gRPC', async () => {
    await using server = await openGrpc();
    using session = await openSession(server);
    const stream = session.request({ ':path': '/time.v1.TimeService/GetTime' });
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
    assert.equal(headers[':status'], 415);
  });

  it('says of an unknown method that it is not implemented', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const method = { ...getTime, name: 'GetTea' };
    await assert.rejects(client.call(method, {}), { code: status.UNIMPLEMENTED });
  });

  for (const [what, path] of [
    ['a call', 'time.v1.TimeService/GetTime'],
    ['a watch', 'time.v1.TimeService/WatchTime'],
    ['a stream of requests', 'grpc.reflection.v1.ServerReflection/ServerReflectionInfo'],
  ] as const) {
    it(`refuses ${what} whose request cannot be decoded`, async () => {
      await using server = await openGrpc();
      using session = await openSession(server);
      const stream = session.request({ ...GET_TIME, ':path': `/${path}` });
      const ended = statusOf(stream);
      stream.end(UNREADABLE).resume();
      const { code, message } = await ended;
      assert.equal(code, String(status.INVALID_ARGUMENT));
      assert.match(message, /^Expected a [a-z.0-9]+\.\w+Request, got bytes that are none$/);
    });
  }

  it('counts as no fault of its own what its caller did to bytes and headers', async () => {
    await using server = await openGrpc();
    using session = await openSession(server);
    const garbled = session.request({ ...GET_TIME, 'grpc-encoding': 'gzip' });
    garbled.end(Buffer.from([1, 0, 0, 0, 2, 0xff, 0xff])).resume();
    const impatient = session.request({ ...GET_TIME, 'grpc-timeout': 'soon' });
    impatient.end(Buffer.alloc(5)).resume();
    await Promise.all([garbled, impatient].map((stream) => once(stream, 'close')));
    using client = new TestClient(server.address);
    await client.call(getTime, {});
    assert.match(await server.registry.metrics(), /GetTime",code="INVALID_ARGUMENT"\} 2$/m);
    assert.doesNotMatch(JSON.stringify(server.logLines), /"level":50/);
  });
});

describe('a call that is given up', () => {
  afterEach(() => mock.timers.reset());

  it('ends when its deadline passes', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const watch = client.open(watchTime, {}, { deadline: Date.now() + 50 });
    watch.resume();
    const [error] = await once(watch, 'error');
    assert.equal((error as ServiceError).code, status.DEADLINE_EXCEEDED);
  });

  it('is forgotten, at whatever moment its caller goes', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    let readings = 0;
    const counting: Clock = {
      now() {
        readings += 1;
        return stillClock.now();
      },
    };
    await using server = await openGrpc([timeService(counting, parseZone('UTC'))]);
    using session = await openSession(server);
    for (let count = 0; count < 90; count++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/time.v1.TimeService/WatchTime',
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => {}).end(Buffer.alloc(5));
      const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
      if (count % 3 === 0) cancel();
      else if (count % 3 === 1) setImmediate(cancel);
      else stream.once('data', cancel);
    }
    await ping(session);
    using client = new TestClient(server.address);
    for (let round = 0; round < 50; round++) await client.call(getTime, {});
    assert.match(await server.registry.metrics(), /^grpc_requests_in_flight 0$/m);
    const readingsBefore = readings;
    mock.timers.tick(5000);
    assert.equal(readings, readingsBefore, 'nobody is sent the time any more');
  });
});
