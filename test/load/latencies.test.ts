import assert from 'node:assert/strict';

import { Latencies } from './latencies.ts';

function assertClose(actual: number, expected: number): void {
  assert.ok(actual >= expected && actual <= expected * 1.01, `${actual} is not within a hundredth of ${expected}`);
}

describe('latencies', () => {
  it('give percentiles that are at most a hundredth too high, and the exact maximum', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1000; ms++) latencies.record(ms / 10);
    assertClose(latencies.percentileMs(0.5), 50);
    assertClose(latencies.percentileMs(0.99), 99);
    assert.equal(latencies.percentileMs(1), 100);
    assert.equal(latencies.maxMs, 100);
  });

  it('regain the requests that a stall kept from being sent', () => {
    const latencies = new Latencies();
    for (let count = 0; count < 99; count++) latencies.record(1);
    latencies.record(100);
    assertClose(latencies.percentileMs(0.99), 1);
    // 99 ms, 98 ms, … 1 ms belong to requests that were never sent: half of all.
    const corrected = latencies.correct(1);
    assertClose(corrected.percentileMs(0.75), 51);
    assertClose(corrected.percentileMs(0.99), 99);
    assert.equal(corrected.maxMs, 100);
  });

  it('are 0 where there are none', () => {
    assert.equal(new Latencies().percentileMs(0.5), 0);
  });
});
