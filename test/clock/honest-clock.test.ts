import assert from 'node:assert/strict';

import { collectChanges, Machine, MS, SECOND, SYNCHRONIZED } from './machine.ts';
import type { HonestClock } from '../../app/clock/honest-clock.ts';

function assertHoldsTruth(clock: HonestClock, machine: Machine): void {
  const { earliestNs, latestNs } = clock.now();
  assert.ok(earliestNs !== null && latestNs !== null);
  assert.ok(earliestNs <= machine.trueNs && machine.trueNs <= latestNs, `${machine.trueNs} is outside`);
}

/** A reference that is exact and answers at once, or is wrong by `errorNs`. */
function answerOf(machine: Machine, { errorNs = 0n, boundNs = MS } = {}) {
  const offsetNs = machine.trueNs + errorNs - machine.monotonicNs;
  return {
    askedAtNs: machine.monotonicNs,
    answeredAtNs: machine.monotonicNs,
    interval: { lowNs: offsetNs - boundNs, highNs: offsetNs + boundNs },
    leap: 'none' as const,
  };
}

describe('the honest clock over the kernel', () => {
  it('takes its bound from the kernel, and adds the floor', () => {
    const machine = new Machine();
    const reading = machine.openClock({ floorNs: 3n * MS }).now();
    assert.deepEqual(reading, {
      epochNs: machine.wallNs(),
      state: 'synchronized',
      boundNs: 5n * MS,
      earliestNs: machine.wallNs() - 5n * MS,
      latestNs: machine.wallNs() + 5n * MS,
    });
  });

  it('counts in what the kernel has still to slew', () => {
    const machine = new Machine();
    machine.kernel = { ...SYNCHRONIZED, offsetNs: -7n * MS };
    assert.equal(machine.openClock().now().boundNs, 9n * MS);
  });

  it('lets the bound grow by 200 ppm between samples', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.trueNs += SECOND;
    machine.monotonicNs += SECOND;
    assert.equal(clock.now().boundNs, 2_200_000n);
  });

  it('goes by the error that the kernel counts, not by its bit for unsynchronised', () => {
    const machine = new Machine();
    machine.kernel = { ...SYNCHRONIZED, isUnsynchronized: true };
    assert.equal(machine.openClock().now().state, 'synchronized');
  });

  it('is free-running once nobody has disciplined the clock for half an hour', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    const states = new Map<string, bigint>();
    for (let seconds = 0n; seconds < 4000n; seconds += 1n) {
      const { state } = clock.now();
      if (!states.has(state)) states.set(state, seconds);
      machine.pass(SECOND);
      clock.sample();
    }
    assert.deepEqual(
      [...states],
      [
        ['synchronized', 0n],
        ['free-running', 1997n],
      ],
    );
  });

  it('gives no bound where the clock was never disciplined', () => {
    const machine = new Machine();
    machine.kernel = { ...SYNCHRONIZED, maxErrorNs: 16n * SECOND };
    const { state, boundNs, earliestNs, latestNs } = machine.openClock().now();
    assert.deepEqual([state, boundNs, earliestNs, latestNs], ['unsynchronized', null, null, null]);
  });

  it('says that it does not know where the kernel cannot be read', () => {
    const machine = new Machine();
    machine.kernel = undefined;
    const { state, boundNs } = machine.openClock().now();
    assert.deepEqual([state, boundNs], ['unknown', null]);
  });

  it('bridges a reading of the kernel that cannot be', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.kernel = undefined;
    machine.pass(SECOND);
    clock.sample();
    assert.equal(clock.now().state, 'synchronized');
    assert.equal(clock.now().boundNs, 2_200_000n);
    machine.pass(10n * SECOND);
    clock.sample();
    assert.equal(clock.now().state, 'free-running');
    assert.equal(clock.now().boundNs, 4_200_000n);
  });

  it('carries its last bound for a day, and then has none', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.kernel = undefined;
    machine.pass(22n * 3600n * SECOND);
    clock.sample();
    assert.equal(clock.now().state, 'free-running');
    machine.pass(3600n * SECOND);
    clock.sample();
    assert.deepEqual([clock.now().state, clock.now().boundNs], ['unsynchronized', null]);
  });
});

describe('a step of the wall clock', () => {
  for (const [name, sizeNs] of [
    ['5 ms forward', 5n * MS],
    ['5 ms backward', -5n * MS],
    ['an hour backward', -3600n * SECOND],
    ['ten years forward', 315_360_000n * SECOND],
  ] as const) {
    it(`of ${name} is found by the next sample, and its size told`, () => {
      const machine = new Machine();
      const clock = machine.openClock();
      const changes = collectChanges(clock);
      machine.pass(250n * MS);
      machine.wallErrorNs += sizeNs;
      clock.sample();
      assert.deepEqual(changes[0], { kind: 'step', step: { sizeNs, foundAtNs: machine.wallNs(), number: 1 } });
      const { forward, backward } = clock.report().steps;
      assert.deepEqual([forward, backward], sizeNs > 0n ? [1, 0] : [0, 1]);
    });
  }

  it('is found by a reading before the next sample', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.wallErrorNs = -SECOND;
    assertHoldsTruth(clock, machine);
    assert.equal(clock.report().steps.backward, 1);
  });

  it('is found by a report, all of which is of the time after it', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.wallErrorNs = -SECOND;
    const { sources, steps } = clock.report();
    assert.equal(steps.backward, 1);
    assert.deepEqual(sources, [{ name: 'kernel', verdict: 'silent', offsetNs: null }]);
  });

  it('is not seen in a slew of 500 ppm, though the loop stalled for a minute', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.pass(60n * SECOND);
    machine.wallErrorNs += 30n * MS;
    clock.sample();
    assert.deepEqual(clock.report().steps, { forward: 0, backward: 0, last: null });
  });

  it('backward widens the interval to hold the old time and the new', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.wallErrorNs = -SECOND;
    const { epochNs, boundNs, earliestNs, latestNs } = clock.now();
    assert.equal(earliestNs, epochNs - 2n * MS);
    assert.equal(latestNs, epochNs + SECOND + 2n * MS);
    assert.equal(boundNs, SECOND + 2n * MS);
  });

  it('is held until a daemon has written to the kernel again', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.wallErrorNs = -SECOND;
    clock.sample();
    machine.pass(10n * SECOND);
    clock.sample();
    assert.equal(clock.now().state, 'free-running');
    assertHoldsTruth(clock, machine);
    machine.wallErrorNs = 0n;
    machine.kernel = { ...SYNCHRONIZED, maxErrorNs: 4n * MS + 1n };
    clock.sample();
    assert.equal(clock.now().state, 'free-running', 'it may have been written before the step back');
    machine.kernel = { ...SYNCHRONIZED, maxErrorNs: 3n * MS + 1n };
    clock.sample();
    assert.equal(clock.now().state, 'synchronized');
    assert.equal(clock.now().boundNs, 3n * MS + 1n);
  });

  it('is held through the kernel’s own reset, until it counts again', () => {
    const machine = new Machine();
    const clock = machine.openClock();
    machine.wallErrorNs = SECOND;
    machine.kernel = { ...SYNCHRONIZED, maxErrorNs: 16n * SECOND, isUnsynchronized: true };
    clock.sample();
    assert.equal(clock.now().state, 'free-running');
    assertHoldsTruth(clock, machine);
    machine.wallErrorNs = 0n;
    machine.kernel = SYNCHRONIZED;
    machine.pass(SECOND);
    clock.sample();
    assert.equal(clock.now().state, 'synchronized');
    assertHoldsTruth(clock, machine);
  });
});

describe('references', () => {
  it('give a bound where the kernel has none', () => {
    const machine = new Machine();
    machine.kernel = { ...SYNCHRONIZED, maxErrorNs: 16n * SECOND };
    const clock = machine.openClock({ references: ['a'] });
    clock.addAnswer('a', answerOf(machine));
    clock.sample();
    assert.equal(clock.now().state, 'synchronized');
    assert.equal(clock.now().boundNs, MS);
  });

  it('narrow the kernel’s interval', () => {
    const machine = new Machine();
    const clock = machine.openClock({ floorNs: 50n * MS, references: ['a'] });
    clock.addAnswer('a', answerOf(machine));
    clock.sample();
    assert.equal(clock.now().boundNs, MS);
  });

  it('that agree outvote a kernel that lies, which is named', () => {
    const machine = new Machine();
    const clock = machine.openClock({ references: ['a', 'b'] });
    const changes = collectChanges(clock);
    machine.wallErrorNs = 2n * MS * 1000n;
    machine.trueNs -= machine.wallErrorNs;
    for (const name of ['a', 'b']) clock.addAnswer(name, answerOf(machine));
    clock.sample();
    assertHoldsTruth(clock, machine);
    assert.equal(clock.now().boundNs, 2001n * MS);
    assert.deepEqual(changes.at(0), { kind: 'verdict', source: 'kernel', from: 'agrees', to: 'contradicts' });
  });

  it('that lie in a minority are named and left out', () => {
    const machine = new Machine();
    const clock = machine.openClock({ references: ['a', 'liar'] });
    clock.addAnswer('a', answerOf(machine));
    clock.addAnswer('liar', answerOf(machine, { errorNs: -SECOND }));
    clock.sample();
    assert.deepEqual(
      clock.report().sources.map(({ name, verdict }) => [name, verdict]),
      [
        ['kernel', 'agrees'],
        ['a', 'agrees'],
        ['liar', 'contradicts'],
      ],
    );
    assertHoldsTruth(clock, machine);
    assert.ok((clock.now().boundNs ?? 0n) <= 2n * MS);
  });

  it('that contradict the kernel one against one make the interval hold both', () => {
    const machine = new Machine();
    const clock = machine.openClock({ references: ['a'] });
    clock.addAnswer('a', answerOf(machine, { errorNs: SECOND }));
    clock.sample();
    const { state, epochNs, earliestNs, latestNs } = clock.now();
    assert.equal(state, 'unsynchronized');
    assert.equal(earliestNs, epochNs - 2n * MS);
    assert.equal(latestNs, epochNs + SECOND + MS);
  });

  it('that have not answered yet do not keep the kernel’s bound away', () => {
    const machine = new Machine();
    assert.equal(machine.openClock({ references: ['a', 'b', 'c'] }).now().state, 'synchronized');
  });

  it('bring the interval of a step back once as many have answered as cannot all lie', () => {
    const machine = new Machine();
    const clock = machine.openClock({ references: ['a', 'b', 'c'] });
    machine.wallErrorNs = SECOND;
    clock.sample();
    machine.pass(SECOND);
    clock.addAnswer('c', answerOf(machine, { errorNs: SECOND }));
    clock.sample();
    assert.equal(clock.now().state, 'free-running');
    assertHoldsTruth(clock, machine);
    for (const name of ['a', 'b']) clock.addAnswer(name, answerOf(machine));
    clock.sample();
    assert.equal(clock.now().state, 'synchronized');
    assertHoldsTruth(clock, machine);
  });

  it('that were asked before a step say nothing after it', () => {
    const machine = new Machine();
    const clock = machine.openClock({ references: ['a'] });
    const early = answerOf(machine);
    machine.pass(SECOND);
    machine.wallErrorNs = SECOND;
    clock.sample();
    clock.addAnswer('a', early);
    clock.sample();
    assert.equal(clock.now().state, 'free-running');
  });

  it('that no longer answer do not count', () => {
    const machine = new Machine();
    const clock = machine.openClock({ references: ['a', 'b'] });
    for (const name of ['a', 'b']) {
      clock.addAnswer(name, answerOf(machine, { errorNs: SECOND }));
      clock.countOut(name);
    }
    clock.sample();
    assert.equal(clock.now().boundNs, 2n * MS);
    assert.deepEqual(
      clock.report().sources.map(({ verdict }) => verdict),
      ['agrees', 'silent', 'silent'],
    );
  });

  it('are kept by the narrowest of their last eight answers', () => {
    const machine = new Machine();
    machine.kernel = undefined;
    const clock = machine.openClock({ references: ['a'] });
    clock.addAnswer('a', answerOf(machine, { boundNs: 1000n }));
    for (let answer = 0; answer < 7; answer++) clock.addAnswer('a', answerOf(machine));
    clock.sample();
    assert.equal(clock.now().boundNs, 1000n);
    clock.addAnswer('a', answerOf(machine));
    clock.sample();
    assert.equal(clock.now().boundNs, MS);
  });
});

describe('a smeared reference', () => {
  it('beside unsmeared ones is told of, and left out', () => {
    const machine = new Machine();
    machine.trueNs = Temporal.Instant.from('2028-12-31T18:00:00Z').epochNanoseconds;
    const clock = machine.openClock({ references: ['a', 'b', 'google'] });
    for (const name of ['a', 'b']) clock.addAnswer(name, { ...answerOf(machine), leap: 'insert' });
    clock.addAnswer('google', answerOf(machine, { errorNs: -250n * MS }));
    machine.kernel = { ...SYNCHRONIZED, leap: 'insert' };
    clock.sample();
    const { leap, sources } = clock.report();
    assert.equal(leap, 'insert');
    assert.deepEqual(
      sources.map(({ verdict }) => verdict),
      ['agrees', 'agrees', 'agrees', 'smeared'],
    );
  });
});
