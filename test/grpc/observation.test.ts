import assert from 'node:assert/strict';
import { once } from 'node:events';

import { Metadata, status } from '@grpc/grpc-js';

import { openGrpc, TestClient } from './service.ts';
import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { defineService, type Handlers } from '../../app/grpc/service.ts';
import { timeService } from '../../app/grpc/time-service.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { stillClock } from '../http/service.ts';

const { getTime, watchTime, getZone } = TimeService.method;

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** The API, but one of its methods fails in a way that nobody foresaw. */
function failingService() {
  return defineService(TimeService, {
    ...(timeService(stillClock, parseZone('UTC')).handlers as Handlers<typeof TimeService.method>),
    getTime: () => {
      throw new TypeError('secret');
    },
    watchTime: () => {
      throw new TypeError('secret');
    },
  });
}

describe('the observation of calls', () => {
  it('counts calls by method and code, and never by what a stranger made up', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    for (let count = 0; count < 3; count++) await client.call(getTime, {});
    await assert.rejects(client.call(getZone, { zone: 'x' }));
    await assert.rejects(client.call(getTime, { zones: ['x'.repeat(20_000)] }));
    await assert.rejects(client.call({ ...getTime, name: 'Made/Up' }, {}));
    const watch = client.open(watchTime, {}).on('error', () => {});
    await once(watch, 'data');
    watch.cancel();
    // A later call on the same connection is answered after the cancellation has come.
    await client.call(getTime, {});
    const metrics = await server.registry.metrics();
    assert.deepEqual(metrics.match(/^grpc_requests_total.*$/gm)?.toSorted(), [
      'grpc_requests_total{method="other",code="UNIMPLEMENTED"} 1',
      'grpc_requests_total{method="time.v1.TimeService/GetTime",code="OK"} 4',
      'grpc_requests_total{method="time.v1.TimeService/GetTime",code="RESOURCE_EXHAUSTED"} 1',
      'grpc_requests_total{method="time.v1.TimeService/GetZone",code="NOT_FOUND"} 1',
      'grpc_requests_total{method="time.v1.TimeService/WatchTime",code="CANCELLED"} 1',
    ]);
    assert.match(metrics, /^grpc_requests_in_flight 0$/m);
    // A stream is counted, and not timed.
    assert.match(metrics, /^grpc_request_duration_seconds_count 7$/m);
  });

  it('gives a call the id of the caller’s trace, and answers and logs it', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const metadata = new Metadata();
    metadata.set('traceparent', `00-${TRACE_ID}-b7ad6b7169203331-01`);
    metadata.set('x-request-id', 'mine');
    const answer = await client.ask(getTime, {}, { metadata });
    assert.deepEqual(answer.metadata.get('x-request-id'), [TRACE_ID]);
    assert.match(JSON.stringify(server.logLines), new RegExp(`"requestId":"${TRACE_ID}"`));
  });

  it('makes an id for an error and for a stream without a trace, and logs it', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const idOf = async (method: typeof watchTime | typeof getTime, zones: string[]) => {
      const call = client.open(method, { zones }).on('error', () => {});
      const [initial] = (await once(call, 'metadata')) as [Metadata];
      call.cancel();
      return String(initial.get('x-request-id')[0]);
    };
    const ids = [await idOf(watchTime, []), await idOf(watchTime, ['x']), await idOf(getTime, ['x'])];
    assert.equal(new Set(ids).size, ids.length);
    await client.call(getTime, {});
    for (const id of ids) {
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.match(JSON.stringify(server.logLines), new RegExp(`"requestId":"${id}"`));
    }
  });

  it('logs an unforeseen failure once, with its stack, and tells the caller nothing of it', async () => {
    await using server = await openGrpc([failingService()]);
    using client = new TestClient(server.address);
    await assert.rejects(client.call(getTime, {}), { code: status.INTERNAL, details: /^(?!.*secret)/ });
    const [error] = (await once(client.open(watchTime, {}), 'error')) as [Error];
    assert.doesNotMatch(error.message, /secret/);
    await client.call(getZone, { zone: 'UTC' });
    const failures = server.logLines.filter((line) => 'err' in line);
    assert.equal(failures.length, 2);
    assert.match(JSON.stringify(failures[0]), /"TypeError","message":"secret","stack":.*"requestId":"[0-9a-f]{32}"/);
  });

  it('logs no address, no request and no metadata of a caller', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const metadata = new Metadata();
    metadata.set('authorization', 'secret');
    await assert.rejects(client.call(getTime, { zones: ['secret'] }, { metadata }));
    await client.call(getTime, {});
    assert.ok(server.logLines.length > 0);
    assert.doesNotMatch(JSON.stringify(server.logLines), /secret|127\.0\.0\.1/);
  });
});
