import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { openGrpc, TestClient } from './service.ts';
import { NO_PEERS } from '../../app/clock/peer-report.ts';
import { clockService } from '../../app/grpc/clock-service.ts';
import { Health } from '../../app/grpc/generated/health/v1/health_pb.js';
import { ClockService, TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { defineService, type Handlers } from '../../app/grpc/service.ts';
import { timeService } from '../../app/grpc/time-service.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { stillClock } from '../http/service.ts';

const { getTime, listZones } = TimeService.method;
const { exchange } = ClockService.method;
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

  it('leave a turn to another client that asks for little', async () => {
    await using server = await openBusy();
    using greedy = new TestClient(server.address);
    using modest = new TestClient(server.address);
    await modest.call(getTime, {});
    const calls = Promise.all(Array.from({ length: CALLS }, () => greedy.call(listZones, {})));
    while (server.done() === 0) await nextTurn();
    await modest.call(getTime, {});
    const doneBefore = server.done();
    await calls;
    assert.ok(doneBefore < CALLS / 2, `${doneBefore} calls before it`);
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
