import assert from 'node:assert/strict';

import { keepZones, readZones, recallZones, writeZones } from '../../app/page/chosen-zones.ts';
import { parseOffset } from '../../app/page/format.ts';
import { dayDifference, lightDay, offsetNear } from '../../app/page/zone-day.ts';
import { findZone } from '../../app/page/zone-search.ts';

const HOUR_MS = 3_600_000;

describe('the zones a reader chose', () => {
  it('stand in the address as they are read', () => {
    const search = writeZones('', ['Asia/Tokyo', '+05:30']);
    assert.equal(search, '?zones=Asia/Tokyo,%2B05:30'.replace(':', '%3A'));
    assert.deepEqual(readZones(search), ['Asia/Tokyo', '+05:30']);
  });

  it('are none where the address names none', () => assert.equal(readZones('?other=1'), undefined));

  it('are each taken once', () => assert.deepEqual(readZones('?zones=UTC,Asia/Tokyo,UTC,'), ['UTC', 'Asia/Tokyo']));

  it('are kept for the next visit', () => {
    const kept = new Map<string, string>();
    keepZones({ setItem: (key, value) => kept.set(key, value) }, ['Asia/Tokyo']);
    assert.deepEqual(recallZones({ getItem: (key) => kept.get(key) ?? null }), ['Asia/Tokyo']);
  });

  it('are none in a store that is empty, broken or closed', () => {
    assert.equal(recallZones({ getItem: () => null }), undefined);
    assert.equal(recallZones({ getItem: () => '{' }), undefined);
    const closed = () => {
      throw new Error('denied');
    };
    assert.equal(recallZones({ getItem: closed }), undefined);
    assert.doesNotThrow(() => keepZones({ setItem: closed }, ['UTC']));
  });
});

describe('finding a zone by what is typed', () => {
  const names = ['Africa/Algiers', 'America/New_York', 'Asia/Tokyo', 'Atlantic/Faroe', 'Europe/Paris', 'UTC'];
  for (const [typed, zone] of [
    ['tokyo', 'Asia/Tokyo'],
    [' New  York ', 'America/New_York'],
    ['europe/paris', 'Europe/Paris'],
    ['par', 'Europe/Paris'],
    ['faro', 'Atlantic/Faroe'],
    ['utc', 'UTC'],
    ['+05:30', '+05:30'],
    ['atlantis', undefined],
    ['', undefined],
  ] as const) {
    it(`takes “${typed}” for ${zone ?? 'nothing'}`, () => assert.equal(findZone(names, typed), zone));
  }
});

describe('a day in a zone', () => {
  const start = Date.parse('2026-11-24T00:00Z');

  it('is night, day, work, day and night where it is the reader’s own', () => {
    assert.deepEqual(
      lightDay(start, () => 0).map(({ light, from, to }) => `${light} ${from * 24}–${to * 24}`),
      ['night 0–7', 'day 7–9', 'work 9–17', 'day 17–22', 'night 22–24'],
    );
  });

  it('is turned by its offset, quarters of an hour too', () => {
    const parts = lightDay(start, () => 5.75 * HOUR_MS).map(({ light, from }) => `${light} ${from * 24}`);
    assert.deepEqual(parts, ['night 0', 'day 1.25', 'work 3.25', 'day 11.25', 'night 16.25']);
  });

  it('has another offset on the other side of a transition', () => {
    const previous = { instant: '2026-10-25T01:00:00Z', offsetBefore: '+02:00', offsetAfter: '+01:00' };
    const next = { instant: '2027-03-28T01:00:00Z', offsetBefore: '+01:00', offsetAfter: '+02:00' };
    const paris = { zone: 'Europe/Paris', tzdb: '', abbreviation: 'CET', dst: false, offset: '+01:00', previous, next };
    const offsetAt = offsetNear(paris, parseOffset);
    const hours = ['2026-10-25T00:59:59Z', '2026-10-25T01:00:00Z', '2027-03-28T00:59:59Z', '2027-03-28T01:00:00Z'].map(
      (instant) => offsetAt(Date.parse(instant)) / HOUR_MS,
    );
    assert.deepEqual(hours, [2, 1, 1, 2]);
  });

  it('is another one across midnight', () => {
    assert.equal(dayDifference(start - 1, start), -1);
    assert.equal(dayDifference(start + 23 * HOUR_MS, start), 0);
    assert.equal(dayDifference(start + 24 * HOUR_MS, start), 1);
  });
});
