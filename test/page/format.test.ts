import assert from 'node:assert/strict';

import { describeOffset, formatDuration, nameCity, parseOffset, wallTimeFormat } from '../../app/page/format.ts';
import { chooseScale, listTicks } from '../../app/page/scale.ts';

describe('what the page writes', () => {
  for (const [ms, text] of [
    [0.0123, '12 µs'],
    [0.999, '999 µs'],
    [1.84, '1.8 ms'],
    [-250.4, '250 ms'],
    [3210, '3.2 s'],
    [119_000, '119 s'],
    [1_800_000, '30 min'],
    [3_600_000, '1 h'],
    [5_400_000, '1.5 h'],
  ] as const) {
    it(`writes ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));
  }

  it('calls no clock wrong by less than is known', () => {
    assert.equal(describeOffset(3, 4.2), 'right, to within 4.2 ms');
    assert.equal(describeOffset(-250, 4.2), '250 ms behind, ± 4.2 ms');
    assert.equal(describeOffset(4.3, 4.2), '4.3 ms ahead, ± 4.2 ms');
  });

  for (const [offset, ms] of [
    ['+05:30', 19_800_000],
    ['-03:00', -10_800_000],
    ['-00:44:30', -2_670_000],
  ] as const) {
    it(`reads the offset ${offset}`, () => assert.equal(parseOffset(offset), ms));
  }

  it('names a city for its zone', () => {
    assert.equal(nameCity('America/Argentina/Buenos_Aires'), 'Buenos Aires');
    assert.equal(nameCity('UTC'), 'UTC');
  });

  it('writes a wall time as it stands, whatever the zone of the browser', () => {
    assert.equal(wallTimeFormat('en-GB', { timeStyle: 'short' })(Date.parse('2026-03-29T02:30Z')), '02:30');
  });
});

describe('a scale', () => {
  for (const [least, reach] of [
    [0, 0.01],
    [0.3, 0.5],
    [1, 1],
    [6.3, 10],
    [250.4, 500],
  ] as const) {
    it(`that must reach ${least} reaches ${reach}`, () => assert.ok(Math.abs(chooseScale(least) - reach) < 1e-9));
  }

  it('has its zero in the middle', () => {
    assert.deepEqual(listTicks(10), [-10, -8, -6, -4, -2, 0, 2, 4, 6, 8, 10]);
  });
});
