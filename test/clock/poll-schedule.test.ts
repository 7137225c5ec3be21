import assert from 'node:assert/strict';

import {
  delayBeforePoll,
  FIRST_POLL,
  isCountedOut,
  noteOutcome,
  type PollOutcome,
} from '../../app/clock/poll-schedule.ts';

/** The delays after each of a row of outcomes, in the middle of their jitter. */
function delaysOf(...outcomes: readonly PollOutcome[]) {
  let state = FIRST_POLL;
  return outcomes.map((outcome) => {
    state = noteOutcome(state, outcome);
    return delayBeforePoll(state, 0.5);
  });
}

const repeat = (outcome: PollOutcome, times: number) => Array.from({ length: times }, () => outcome);

describe('the schedule of questions to a reference', () => {
  it('asks a few times quickly, and then once a minute', () => {
    assert.deepEqual(delaysOf(...repeat('answered', 6)), [2000, 2000, 2000, 64_000, 64_000, 64_000]);
  });

  it('waits twice as long after each question that is not answered, up to seventeen minutes', () => {
    assert.deepEqual(
      delaysOf(...repeat('unanswered', 11)),
      [4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024].map((seconds) => seconds * 1000),
    );
  });

  it('goes back to its pace when it is answered again', () => {
    assert.deepEqual(delaysOf(...repeat('answered', 4), 'unanswered', 'answered').slice(-2), [4000, 64_000]);
  });

  it('halves its pace each time it is told to, even among its quick questions, and keeps to that', () => {
    assert.deepEqual(
      delaysOf('answered', 'told-to-slow-down', 'answered', 'told-to-slow-down', 'unanswered', 'answered'),
      [2000, 128_000, 128_000, 256_000, 256_000, 256_000],
    );
  });

  it('never asks again after a refusal', () => {
    assert.deepEqual(delaysOf('refused', 'answered', 'unanswered'), [undefined, undefined, undefined]);
  });

  it('spreads each delay by a tenth to both sides', () => {
    assert.equal(delayBeforePoll(FIRST_POLL, 0), 1800);
    assert.equal(delayBeforePoll(FIRST_POLL, 1), 2200);
  });

  it('counts a reference out after four questions without an answer, and in again after one', () => {
    let state = FIRST_POLL;
    const isOut = [...repeat('unanswered', 4), 'answered' as const].map((outcome) => {
      state = noteOutcome(state, outcome);
      return isCountedOut(state);
    });
    assert.deepEqual(isOut, [false, false, false, true, false]);
  });
});
