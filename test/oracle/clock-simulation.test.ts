import assert from 'node:assert/strict';

import * as realClock from '../../app/clock/honest-clock.ts';
import { runScenarios } from '../clock/simulation.ts';

/** Other seeds than those of `make test`, and more of them. */
const FIRST_SEED = 1_000_000;
const SCENARIOS = 30_000;

describe('the clock in many more simulated worlds', function () {
  this.timeout(600_000);

  it(`holds true time at every look, in ${SCENARIOS} scenarios`, () => {
    const { failures, withinShare } = runScenarios(FIRST_SEED, SCENARIOS, realClock);
    assert.deepEqual(failures, []);
    assert.ok(withinShare >= 0.8, `${withinShare} are within the assumptions`);
  });
});
