import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mock } from 'node:test';

import { status, type ServerWritableStream } from '@grpc/grpc-js';

import { openGrpc, TestClient } from './service.ts';
import type { Clock } from '../../app/clock/clock.ts';
import {
  TimeService,
  type WatchTimeRequest,
  type WatchTimeResponse,
} from '../../app/grpc/generated/time/v1/time_pb.js';
import { timeService } from '../../app/grpc/time-service.ts';
import { TimeWatchers } from '../../app/grpc/watch-time.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { openBareClock } from '../clock/machine.ts';

const { watchTime, getTime } = TimeService.method;

const NS_PER_S = 1_000_000_000n;

/** A reader that says itself when a message has left. */
class SlowCall {
  readonly seconds: number[] = [];
  #left: (() => void) | undefined;

  write(response: WatchTimeResponse, left: () => void): void {
    assert.equal(this.#left, undefined, 'nothing is written while something is on its way');
    this.seconds.push(Number(response.reading?.instant?.seconds));
    this.#left = left;
  }

  take(): void {
    const left = this.#left;
    this.#left = undefined;
    left?.();
  }

  once(): void {}
}

describe('WatchTime', () => {
  describe('with a clock of its own', () => {
    let epochS: bigint;
    const clock: Clock = {
      now: () => ({ epochNs: epochS * NS_PER_S, state: 'unknown', boundNs: null, earliestNs: null, latestNs: null }),
    };
    const zones = [parseZone('UTC')];

    beforeEach(() => {
      epochS = 100n;
      mock.timers.enable({ apis: ['setTimeout'] });
    });
    afterEach(() => mock.timers.reset());

    const pass = (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        epochS += 1n;
        mock.timers.tick(1001);
      }
    };

    const watch = (watchers: TimeWatchers, periodS: bigint) => {
      const call = new SlowCall();
      watchers.add(call as unknown as ServerWritableStream<WatchTimeRequest, WatchTimeResponse>, zones, periodS);
      return call;
    };

    it('gives a reader that was slow the newest reading, and none of those between', () => {
      const call = watch(new TimeWatchers(clock), 1n);
      pass(5);
      assert.deepEqual(call.seconds, [100]);
      call.take();
      assert.deepEqual(call.seconds, [100, 105]);
      call.take();
      pass(1);
      assert.deepEqual(call.seconds, [100, 105, 106]);
    });

    it('does not hold up one reader for another', () => {
      const watchers = new TimeWatchers(clock);
      const slow = watch(watchers, 1n);
      const quick = watch(watchers, 1n);
      for (let second = 0; second < 4; second++) {
        quick.take();
        pass(1);
      }
      assert.deepEqual([slow.seconds, quick.seconds], [[100], [100, 101, 102, 103, 104]]);
    });

    it('sends at multiples of the period, counted from 1970', () => {
      const call = watch(new TimeWatchers(clock), 30n);
      for (let second = 0; second < 60; second++) {
        call.take();
        pass(1);
      }
      assert.deepEqual(call.seconds, [100, 120, 150]);
    });

    it('sends as soon as it can when the tick that began a period was missed', () => {
      const call = watch(new TimeWatchers(clock), 30n);
      call.take();
      epochS = 124n;
      pass(1);
      assert.deepEqual(call.seconds, [100, 125]);
    });
  });

  it('sends a reading at once and then as each second begins', async () => {
    await using server = await openGrpc([timeService(openBareClock(), parseZone('UTC'))]);
    using client = new TestClient(server.address);
    const call = client.open(watchTime, { zones: ['Asia/Tokyo'] }).on('error', () => {});
    const received: WatchTimeResponse[] = [];
    for (let count = 0; count < 3; count++) received.push(((await once(call, 'data')) as [WatchTimeResponse])[0]);
    call.cancel();
    const [, second, third] = received.map(({ reading }) => reading);
    assert.equal(second?.zones[0]?.zone, 'Asia/Tokyo');
    assert.equal((third?.instant?.seconds ?? 0n) - (second.instant?.seconds ?? 0n), 1n);
    for (const reading of [second, third]) assert.ok((reading?.instant?.nanos ?? 1e9) < 500_000_000);
  });

  it('ends with UNAVAILABLE when the server drains, and is refused from then on, while other calls are answered', async () => {
    await using server = await openGrpc();
    using client = new TestClient(server.address);
    const watches = Array.from({ length: 20 }, () => client.open(watchTime, {}).resume());
    const ended = watches.map(async (watch) => ((await once(watch, 'error')) as [{ code: number }])[0].code);
    await Promise.all(watches.map((watch) => once(watch, 'data')));
    const startMs = performance.now();
    const endsMs: number[] = [];
    for (const end of ended) void end.then(() => endsMs.push(performance.now() - startMs));
    server.server.beginDrain();
    await client.call(getTime, {});
    using late = new TestClient(server.address);
    const [refusal] = (await once(late.open(watchTime, {}), 'error')) as [{ code: number }];
    assert.equal(refusal.code, status.UNAVAILABLE);
    await late.call(getTime, {});
    assert.deepEqual(
      await Promise.all(ended),
      watches.map(() => status.UNAVAILABLE),
    );
    // Twenty random moments of two seconds; that all lie within a fifth of one has a chance of one in 10^19.
    assert.ok(Math.max(...endsMs) - Math.min(...endsMs) > 200);
    await server.server.close();
  });
});
