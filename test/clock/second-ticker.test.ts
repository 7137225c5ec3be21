import assert from 'node:assert/strict';
import { mock } from 'node:test';

import type { Clock } from '../../app/clock/clock.ts';
import { SecondTicker } from '../../app/clock/second-ticker.ts';

const NS_PER_MS = 1_000_000n;

/** A clock that goes on with the mocked timers, at a rate of its own. */
class SimulatedClock implements Clock {
  epochNs: bigint;
  readings = 0;

  constructor(epochMs: number) {
    this.epochNs = BigInt(epochMs) * NS_PER_MS;
  }

  now() {
    this.readings += 1;
    return { epochNs: this.epochNs, state: 'unknown' as const, boundNs: null, earliestNs: null, latestNs: null };
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed++) {
      this.epochNs += NS_PER_MS;
      mock.timers.tick(1);
    }
  }
}

describe('the ticker of seconds', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  /** The milliseconds of the clock at which a listener was called. */
  const listen = (ticker: SecondTicker) => {
    const heardMs: number[] = [];
    const stop = ticker.listen(({ epochNs }) => heardMs.push(Number(epochNs / NS_PER_MS)));
    return { heardMs, stop };
  };

  it('ticks as soon as each second has begun', () => {
    const clock = new SimulatedClock(10_400);
    const { heardMs } = listen(new SecondTicker(clock));
    clock.pass(3000);
    assert.deepEqual(heardMs, [11_001, 12_001, 13_001]);
  });

  it('does not tick twice in a second, nor miss one, while the clock is slowed or hurried', () => {
    for (const stepNs of [-400_000n, 400_000n]) {
      const clock = new SimulatedClock(10_500);
      const { heardMs, stop } = listen(new SecondTicker(clock));
      for (let ms = 0; ms < 5000; ms++) {
        clock.epochNs += stepNs;
        clock.pass(1);
      }
      const seconds = heardMs.map((ms) => Math.floor(ms / 1000));
      const last = Number(clock.epochNs / (1000n * NS_PER_MS));
      assert.deepEqual(
        seconds,
        Array.from({ length: last - 10 }, (_, index) => 11 + index),
      );
      stop();
    }
  });

  it('goes on after the clock was set back', () => {
    const clock = new SimulatedClock(10_000);
    const { heardMs } = listen(new SecondTicker(clock));
    clock.pass(1500);
    clock.epochNs -= 5000n * NS_PER_MS;
    clock.pass(2000);
    assert.deepEqual(
      heardMs.map((ms) => Math.floor(ms / 1000)),
      [11, 7, 8],
    );
  });

  it('reads the clock once a second for all who listen, and not at all when none does', () => {
    const clock = new SimulatedClock(10_000);
    const ticker = new SecondTicker(clock);
    const listeners = [listen(ticker), listen(ticker), listen(ticker)];
    clock.readings = 0;
    clock.pass(4500);
    assert.equal(clock.readings, 4);
    for (const { heardMs } of listeners) assert.equal(heardMs.length, 4);
    for (const { stop } of listeners) stop();
    clock.pass(5000);
    assert.equal(clock.readings, 4);
    const again = listen(ticker);
    clock.pass(1000);
    assert.equal(again.heardMs.length, 1);
  });
});
