import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { EventLoopWatch } from '../../app/telemetry/event-loop.ts';

const TURN_MS = 200;

function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TURN_MS);
}

describe('the event loop’s delay', () => {
  it('is not raised by one long turn', async () => {
    using watch = new EventLoopWatch();
    standStill();
    const endMs = performance.now() + TURN_MS;
    let highestMs = 0;
    while (performance.now() < endMs) {
      await nextTurn();
      highestMs = Math.max(highestMs, watch.delayMs);
    }
    assert.ok(highestMs < TURN_MS / 2, `${highestMs} ms`);
  });

  it('is what turns last that are long again and again', async () => {
    using watch = new EventLoopWatch();
    for (let turn = 0; turn < 5; turn++) {
      standStill();
      await nextTurn();
    }
    assert.ok(watch.delayMs >= TURN_MS / 2, `${watch.delayMs} ms`);
  });
});
