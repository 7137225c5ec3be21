import assert from 'node:assert/strict';

import { SmearWatch } from '../../app/clock/smear.ts';
import type { Leap } from '../../app/clock/kernel.ts';

const ns = (text: string) => Temporal.Instant.from(text).epochNanoseconds;
const announce = (leaps: Readonly<Record<string, Leap>>) =>
  Object.entries(leaps).map(([name, leap]) => ({ name, leap }));

const NOON = ns('2028-12-31T12:00:00Z');
const MIXED = announce({ one: 'insert', other: 'insert', google: 'none' });

describe('a leap second', () => {
  it('that most announce shows who smears it', () => {
    const { leap, smeared } = new SmearWatch().look(MIXED, 'insert', NOON);
    assert.equal(leap, 'insert');
    assert.deepEqual([...smeared], ['google']);
  });

  it('can be one too few', () => {
    const { leap, smeared } = new SmearWatch().look(announce({ one: 'delete', other: 'none' }), 'delete', NOON);
    assert.equal(leap, 'delete');
    assert.deepEqual([...smeared], ['other']);
  });

  it('shows nobody before its last day: servers begin to announce it at different times', () => {
    const { leap, smeared } = new SmearWatch().look(MIXED, undefined, ns('2028-12-30T12:00:00Z'));
    assert.equal(leap, 'insert');
    assert.equal(smeared.size, 0);
  });

  it('that a minority announces shows nobody', () => {
    const { leap, smeared } = new SmearWatch().look(announce({ one: 'insert', other: 'none' }), 'none', NOON);
    assert.equal(leap, 'none');
    assert.equal(smeared.size, 0);
  });

  it('is remembered for a day after it, when nobody announces it any more', () => {
    const watch = new SmearWatch();
    watch.look(MIXED, 'insert', NOON);
    const after = announce({ one: 'none', other: 'none', google: 'none' });
    assert.deepEqual([...watch.look(after, 'none', ns('2029-01-01T23:59:00Z')).smeared], ['google']);
    assert.equal(watch.look(after, 'none', ns('2029-01-02T00:00:00Z')).smeared.size, 0);
  });
});
