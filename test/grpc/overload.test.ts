import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { status, type ServiceError } from '@grpc/grpc-js';

import { openGrpc, TestClient } from './service.ts';
import { NO_PEERS } from '../../app/clock/peer-report.ts';
import { clockService } from '../../app/grpc/clock-service.ts';
import { Health } from '../../app/grpc/generated/health/v1/health_pb.js';
import { ClockService, TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { defineService, type Handlers } from '../../app/grpc/service.ts';
import { timeService } from '../../app/grpc/time-service.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { stillClock } from '../http/service.ts';
import { startService } from '../service-process.ts';

const { getTime, listZones } = TimeService.method;
const { exchange, getClock } = ClockService.method;
const { check } = Health.method;

const CALLS = 40;
const WORK_MS = 3;

function workFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

/** A server on which ListZones takes its time; it counts how often it was done. */
async function openBusy() {
  let done = 0;
  const busy = defineService(TimeService, {
    ...(timeService(stillClock, parseZone('UTC')).handlers as Handlers<typeof TimeService.method>),
    listZones() {
      workFor(WORK_MS);
      done += 1;
      return {};
    },
  });
  const server = await openGrpc([busy, clockService(stillClock, () => NO_PEERS)]);
  return Object.assign(server, { done: () => done });
}

describe('costly calls that come together', () => {
  it('are worked on in portions, between which there is a turn for everything else', async () => {
    await using server = await openBusy();
    using client = new TestClient(server.address);
    const calls = Promise.all(Array.from({ length: CALLS }, () => client.call(listZones, {})));
    let most = 0;
    for (let before = 0; before < CALLS;) {
      await nextTurn();
      most = Math.max(most, server.done() - before);
      before = server.done();
    }
    await calls;
    assert.ok(most <= 4, `${most} calls in one turn`);
  });

  it('are passed by the health check and the exchange of timestamps', async () => {
    await using server = await openBusy();
    using client = new TestClient(server.address);
    const calls = Promise.all(Array.from({ length: CALLS }, () => client.call(listZones, {})));
    await Promise.all([client.call(check, {}), client.call(exchange, {})]);
    const doneBefore = server.done();
    await calls;
    assert.ok(doneBefore < CALLS / 2, `${doneBefore} calls before them`);
  });

  it('are not worked on once their caller has gone', async () => {
    await using server = await openBusy();
    using client = new TestClient(server.address);
    const calls = Array.from({ length: CALLS }, () => client.open(listZones, {}).on('error', () => {}));
    await once(calls[0]!.resume(), 'end');
    for (const call of calls) call.cancel();
    await client.call(getTime, {});
    assert.ok(server.done() < CALLS / 2, `${server.done()} calls were worked on`);
  });
});

describe('a call that has waited too long', () => {
  it('is answered UNAVAILABLE and counted so, until calls wait less again', async () => {
    await using server = await openBusy();
    using client = new TestClient(server.address);
    server.delayMs = 501;
    await assert.rejects(client.call(getTime, {}), {
      code: status.UNAVAILABLE,
      details: 'Expected a call to wait at most 500 ms, got 501 ms; try again',
    });
    await assert.rejects(client.call(getClock, {}), { code: status.UNAVAILABLE });
    server.delayMs = 500;
    await client.call(getTime, {});
    const metrics = await server.registry.metrics();
    assert.match(metrics, /^grpc_requests_total\{method="time\.v1\.TimeService\/GetTime",code="UNAVAILABLE"\} 1$/m);
  });

  it('is answered all the same where it asks for health or exchanges timestamps', async () => {
    await using server = await openBusy();
    using client = new TestClient(server.address);
    server.delayMs = 501;
    await client.call(check, {});
    await client.call(exchange, {});
  });
});

describe('a process that is asked for more calls than it can do in time', () => {
  it('sheds some of them, answers the others, and says that it serves', async () => {
    await using service = await startService({ MAX_EVENT_LOOP_DELAY_MS: '10' });
    using client = new TestClient(`127.0.0.1:${service.grpcPort}`);
    // Each is of another day, so that nothing of it is known yet.
    const calls = Array.from({ length: 100 }, (_, day) =>
      client.call(listZones, { pageSize: 1, at: { seconds: BigInt(day) * 86_400n } }).then(
        () => status.OK,
        ({ code }: ServiceError) => code,
      ),
    );
    await client.call(check, {});
    const codes = new Set(await Promise.all(calls));
    assert.deepEqual(codes, new Set([status.OK, status.UNAVAILABLE]));
  });
});
