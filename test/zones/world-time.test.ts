import assert from 'node:assert/strict';

import { parseInstant } from '../../app/zones/instant.ts';
import { formatWorldTime, readWorldTime, type WorldTime } from '../../app/zones/world-time.ts';
import { parseZone } from '../../app/zones/zone.ts';

const read = (zone: string, instant: string): WorldTime =>
  readWorldTime(parseZone(zone), parseInstant(instant), '192.0.2.1');

describe('an instant as WorldTimeAPI has it', () => {
  it('has that contract’s keys, in its order', () => {
    assert.deepEqual(Object.entries(read('Europe/Paris', '2026-07-14T10:00:00.000001Z')), [
      ['utc_offset', '+02:00'],
      ['timezone', 'Europe/Paris'],
      ['day_of_week', 2],
      ['day_of_year', 195],
      ['datetime', '2026-07-14T12:00:00.000001+02:00'],
      ['utc_datetime', '2026-07-14T10:00:00.000001+00:00'],
      ['unixtime', 1_784_023_200],
      ['raw_offset', 3600],
      ['week_number', 29],
      ['dst', true],
      ['abbreviation', 'CEST'],
      ['dst_offset', 3600],
      ['dst_from', '2026-03-29T01:00:00+00:00'],
      ['dst_until', '2026-10-25T01:00:00+00:00'],
      ['client_ip', '192.0.2.1'],
    ]);
  });

  for (const [zone, instant, dst, rawOffset, dstOffset, abbreviation, why] of [
    ['Europe/Dublin', '2026-07-14T00:00:00Z', false, 3600, 0, 'IST', 'standard time is that of summer'],
    ['Europe/Dublin', '2026-12-24T00:00:00Z', true, 3600, -3600, 'GMT', 'winter saves a negative hour'],
    ['Africa/Casablanca', '2025-07-14T00:00:00Z', false, 3600, 0, '+01', 'the normal period'],
    ['Africa/Casablanca', '2025-03-10T00:00:00Z', true, 3600, -3600, '+00', 'Ramadan'],
    ['Antarctica/Troll', '2026-07-14T00:00:00Z', true, 0, 7200, '+02', 'two hours'],
    ['Australia/Lord_Howe', '2026-12-24T00:00:00Z', true, 37_800, 1800, '+11', 'half an hour'],
    ['Asia/Tehran', '2026-12-24T00:00:00Z', false, 12_600, 0, '+0330', 'no letters'],
  ] as const) {
    it(`says of ${zone} at ${instant} dst: ${dst}, ${rawOffset} s and ${dstOffset} s: ${why}`, () => {
      const time = read(zone, instant);
      assert.deepEqual(
        [time.dst, time.raw_offset, time.dst_offset, time.abbreviation],
        [dst, rawOffset, dstOffset, abbreviation],
      );
      assert.equal(time.dst_from === null, !dst);
      assert.equal(time.dst_until === null, !dst);
    });
  }

  it('takes double summer time for a part of summer time', () => {
    const [from, until] = ['1941-05-04T01:00:00+00:00', '1941-08-10T01:00:00+00:00'];
    const double = read('Europe/London', '1941-06-01T00:00:00Z');
    assert.deepEqual([double.abbreviation, double.dst_offset], ['BDST', 7200]);
    // Simple summer time had begun in February 1940 and lasted to October 1945, with double summer time in between.
    const simple = read('Europe/London', from.replace('T01:00:00+00:00', 'T00:00:00Z'));
    assert.deepEqual([simple.abbreviation, simple.dst_offset], ['BST', 3600]);
    for (const time of [double, simple, read('Europe/London', until.replace('+00:00', 'Z'))]) {
      assert.deepEqual([time.dst_from, time.dst_until], ['1940-02-25T02:00:00+00:00', '1945-10-07T02:00:00+00:00']);
    }
  });

  for (const [instant, dayOfWeek, dayOfYear, week, why] of [
    ['2026-12-31T14:59:59Z', 4, 365, 53, 'the last second of the year in Tokyo'],
    ['2026-12-31T15:00:00Z', 5, 1, 53, 'New Year’s Day, in the last week of the year before'],
    ['2024-12-31T14:59:59Z', 2, 366, 1, 'a leap year’s last day, in the first week of the next'],
    ['2026-11-21T15:00:00Z', 0, 326, 47, 'a Sunday is day 0 and ends a week'],
  ] as const) {
    it(`counts day ${dayOfWeek}, day ${dayOfYear} and week ${week} at ${instant}: ${why}`, () => {
      const time = read('Asia/Tokyo', instant);
      assert.deepEqual([time.day_of_week, time.day_of_year, time.week_number], [dayOfWeek, dayOfYear, week]);
    });
  }

  it('leaves a key without a value empty in its text', () => {
    assert.equal(
      formatWorldTime(read('UTC', '2026-11-24T03:05:54Z')),
      [
        'utc_offset: +00:00',
        'timezone: UTC',
        'day_of_week: 2',
        'day_of_year: 328',
        'datetime: 2026-11-24T03:05:54.000000+00:00',
        'utc_datetime: 2026-11-24T03:05:54.000000+00:00',
        'unixtime: 1795489554',
        'raw_offset: 0',
        'week_number: 48',
        'dst: false',
        'abbreviation: UTC',
        'dst_offset: 0',
        'dst_from: ',
        'dst_until: ',
        'client_ip: 192.0.2.1',
        '',
      ].join('\n'),
    );
  });
});
