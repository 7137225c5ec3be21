import assert from 'node:assert/strict';

import { describeChanges, listSources, type ClockReport } from '../../app/page/clock-change.ts';

const calm: ClockReport = {
  instant: '2026-11-24T03:05:54.123456Z',
  clock: { state: 'synchronized', boundUs: 1800 },
  leap: 'none',
  steps: { last: null },
  sources: [
    { name: 'kernel', verdict: 'agrees' },
    { name: 'time.example.com', verdict: 'agrees' },
  ],
};

describe('what the page tells of the service’s clock', () => {
  const cases: [string, ClockReport | undefined, ClockReport, string[]][] = [
    ['where the story begins', undefined, calm, ['The service’s clock is synchronised.']],
    ['nothing where nothing changed', calm, calm, []],
    [
      'a step, its size and its way',
      calm,
      { ...calm, steps: { last: { number: 1, sizeUs: -1_500_000 } } },
      ['The service’s clock was set back by 1.5 s.'],
    ],
    [
      'another state',
      calm,
      { ...calm, clock: { state: 'unsynchronized', boundUs: null } },
      ['The service’s clock is now not synchronised.'],
    ],
    [
      'a source that turned',
      calm,
      { ...calm, sources: [{ name: 'kernel', verdict: 'contradicts' }] },
      ['kernel contradicts the others.'],
    ],
    ['a leap second ahead', calm, { ...calm, leap: 'insert' }, ['At the end of the month a leap second is inserted.']],
  ];
  for (const [name, before, after, changes] of cases) {
    it(`is ${name}`, () => assert.deepEqual(describeChanges(before, after), changes));
  }

  it('names what the clock goes by', () => {
    assert.equal(listSources(calm), 'kernel agrees, time.example.com agrees');
  });
});
