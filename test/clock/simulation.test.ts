import assert from 'node:assert/strict';

import { loadMutant, type Mutation } from './mutant.ts';
import { runScenario, runScenarios } from './simulation.ts';
import * as realClock from '../../app/clock/honest-clock.ts';

/** `SEED=956 mocha test/clock/simulation.test.ts` runs the one scenario that a failure named. */
const SEED = process.env['SEED'];
const [FIRST_SEED, SCENARIOS] = SEED === undefined ? [0, 10_000] : [Number(SEED), 1];

/** By then every mutant must have failed. */
const MUTANT_SCENARIOS = 3000;

describe('the clock in simulated worlds', function () {
  this.timeout(240_000);

  let summary: ReturnType<typeof runScenarios>;
  before(() => {
    summary = runScenarios(FIRST_SEED, SCENARIOS, realClock);
  });

  it(`holds true time at every look, in ${SCENARIOS} scenarios`, () => {
    assert.deepEqual(summary.failures, []);
  });

  it('is hardly ever put to worlds that break its assumptions', () => {
    assert.ok(summary.withinShare >= 0.8, `${summary.withinShare} are within the assumptions`);
  });

  it('is at most twice as wide in the median as a merge that knows who lies', () => {
    assert.ok(summary.medianWidthRatio <= 2, `the median is ${summary.medianWidthRatio}`);
  });
});

describe('the simulation kills a clock', function () {
  this.timeout(120_000);

  for (const [name, ...mutations] of [
    ['without drift', { file: 'interval.ts', from: 'MAX_DRIFT_PPM = 200', to: 'MAX_DRIFT_PPM = 0' }],
    ['without the floor', { file: 'honest-clock.ts', from: ' + this.#floorNs', to: '' }],
    ['that ignores what the kernel counts', { file: 'honest-clock.ts', from: 'reading.maxErrorNs + ', to: '' }],
    [
      'that takes the average',
      {
        file: 'agreement.ts',
        from: 'lows.find((low) => coverage(claims, low) >= needed)',
        to: 'lows.reduce((sum, low) => sum + low, 0n) / BigInt(lows.length)',
      },
      {
        file: 'agreement.ts',
        from: 'highs.findLast((high) => coverage(claims, high) >= needed)',
        to: 'highs.reduce((sum, high) => sum + high, 0n) / BigInt(highs.length)',
      },
    ],
    [
      'that takes the greatest overlap',
      {
        file: 'agreement.ts',
        from: 'claims.length - mostLiars(known)',
        to: 'Math.max(...claims.map((claim) => coverage(claims, claim.interval.lowNs)))',
      },
    ],
    [
      'that lets those be the majority that speak first',
      {
        file: 'honest-clock.ts',
        from: 'findAgreement(claims, known) : undefined',
        to: 'findAgreement(claims, known) : findAgreement(claims, claims.length)',
      },
    ],
    [
      'that believes only the clock after a step',
      {
        file: 'honest-clock.ts',
        from: 'hullOf([aged, shiftInterval(aged, sizeNs)])',
        to: 'shiftInterval(aged, sizeNs)',
      },
    ],
    [
      'that believes only the clock before a step',
      { file: 'honest-clock.ts', from: 'hullOf([aged, shiftInterval(aged, sizeNs)])', to: 'aged' },
    ],
    [
      'that believes the first who speaks after a step',
      { file: 'honest-clock.ts', from: '(isEnough || !this.#isHeld)', to: 'true' },
    ],
    [
      'that believes the kernel’s old bound after a step',
      { file: 'honest-clock.ts', from: 'if (isReset || this.#isKernelStale) return;', to: 'if (isReset) return;' },
    ],
    [
      'that keeps old answers over a step',
      {
        file: 'honest-clock.ts',
        from: 'for (const reference of this.#references.values()) forgetAnswers(reference);',
        to: '',
      },
    ],
  ] as const satisfies readonly (readonly [string, ...Mutation[]])[]) {
    it(name, async () => {
      const mutant = await loadMutant(mutations);
      for (let seed = 0; seed < MUTANT_SCENARIOS; seed++) {
        const { failure, isWithinAssumptions } = runScenario(seed, mutant);
        if (failure !== undefined && isWithinAssumptions) return;
      }
      assert.fail(`It lives after ${MUTANT_SCENARIOS} scenarios`);
    });
  }
});
