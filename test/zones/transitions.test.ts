import assert from 'node:assert/strict';

import { parseInstant } from '../../app/zones/instant.ts';
import {
  findOffsetInterval,
  formatOffset,
  formatOffsetInMinutes,
  listTransitions,
} from '../../app/zones/transitions.ts';
import { parseZone } from '../../app/zones/zone.ts';

describe('the offset interval of a zone', () => {
  const paris = parseZone('Europe/Paris');
  const spring = parseInstant('2026-03-29T01:00:00Z');
  const autumn = parseInstant('2026-10-25T01:00:00Z');

  for (const [what, epochNs, offsetSeconds] of [
    ['a nanosecond before the spring transition', spring - 1n, 3600],
    ['at the spring transition', spring, 7200],
    ['a nanosecond before the autumn transition', autumn - 1n, 7200],
    ['at the autumn transition', autumn, 3600],
  ] as const) {
    it(`is right ${what}, whatever was asked before`, () => {
      for (const before of [spring - 1n, spring, autumn - 1n, autumn]) {
        findOffsetInterval(paris, before);
        assert.equal(findOffsetInterval(paris, epochNs).offsetSeconds, offsetSeconds);
      }
    });
  }

  it('has its transition at its start and the next one at its end', () => {
    const interval = findOffsetInterval(paris, spring);
    assert.deepEqual(interval.previous, { epochNs: spring, offsetBeforeSeconds: 3600, offsetAfterSeconds: 7200 });
    assert.deepEqual(interval.next, { epochNs: autumn, offsetBeforeSeconds: 7200, offsetAfterSeconds: 3600 });
  });

  it('has no end where a zone has no transitions', () => {
    const { previous, next, fromMs, untilMs } = findOffsetInterval(parseZone('+05:30'), 0n);
    assert.deepEqual(
      { previous, next, fromMs, untilMs },
      { previous: null, next: null, fromMs: -Infinity, untilMs: Infinity },
    );
  });

  it('includes a transition at the start of a range, and not one at its end', () => {
    assert.deepEqual(
      listTransitions(paris, spring, autumn).map(({ epochNs }) => epochNs),
      [spring],
    );
    assert.deepEqual(
      listTransitions(paris, spring + 1n, autumn + 1n).map(({ epochNs }) => epochNs),
      [autumn],
    );
  });
});

describe('an offset as text', () => {
  for (const [seconds, text, inMinutes, why] of [
    [0, '+00:00', '+00:00', 'UTC'],
    [19_800, '+05:30', '+05:30', 'India'],
    [-34_200, '-09:30', '-09:30', 'the Marquesas'],
    [-2670, '-00:44:30', '-00:45', 'Liberia until 1972, half a minute rounded away from zero'],
    [561, '+00:09:21', '+00:09', 'Paris mean time'],
    [-52, '-00:00:52', '-00:01', 'Accra’s mean time, a sign without hours or minutes'],
  ] as const) {
    it(`is ${text}, or ${inMinutes} in RFC 3339: ${why}`, () => {
      assert.equal(formatOffset(seconds), text);
      assert.equal(formatOffsetInMinutes(seconds), inMinutes);
    });
  }
});
