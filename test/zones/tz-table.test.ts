import assert from 'node:assert/strict';

import { parseInstant } from '../../app/zones/instant.ts';
import { findOffsetInterval, formatOffset } from '../../app/zones/transitions.ts';
import { describeZone, TABLE_RELEASE, ZONE_NAMES, zonesOfCountry } from '../../app/zones/tz-table.ts';
import { parseZone } from '../../app/zones/zone.ts';

describe('the tz table', () => {
  it('is of the release that Node carries', () => {
    assert.equal(TABLE_RELEASE, process.versions['tz']);
  });

  it('has every name that Temporal has, each in the case that Temporal gives it', () => {
    assert.deepEqual(
      ZONE_NAMES.filter((name) => parseZone(name).id !== name),
      [],
    );
    assert.deepEqual(
      Intl.supportedValuesOf('timeZone').filter((name) => !ZONE_NAMES.includes(name)),
      [],
    );
    for (const name of ['UTC', 'Asia/Kolkata', 'Europe/Kyiv', 'Europe/Kiev', 'CST6CDT', 'GB']) {
      assert.ok(ZONE_NAMES.includes(name), name);
    }
  });

  it('agrees with Temporal on the offset of every name every half year from 1940 to 2040', () => {
    for (const name of ZONE_NAMES) {
      const zone = parseZone(name);
      for (let year = 1940; year < 2040; year++) {
        for (const month of [0, 6]) {
          const epochNs = BigInt(Date.UTC(year, month)) * 1_000_000n;
          const { offsetSeconds, type } = findOffsetInterval(zone, epochNs);
          assert.equal(type.standardOffsetSeconds + type.savingSeconds, offsetSeconds);
        }
      }
    }
  });

  for (const [name, instant, abbreviation, dst, standardOffset, why] of [
    ['Europe/Paris', '2026-07-01T00:00:00Z', 'CEST', true, '+01:00', 'summer time by the rule'],
    ['Europe/Paris', '2026-11-24T00:00:00Z', 'CET', false, '+01:00', 'standard time by the rule'],
    ['Europe/Dublin', '2026-07-01T00:00:00Z', 'IST', false, '+01:00', 'Irish Standard Time is that of summer'],
    ['Europe/Dublin', '2026-12-01T00:00:00Z', 'GMT', true, '+01:00', 'Ireland’s winter saves a negative hour'],
    ['Africa/Casablanca', '2024-07-01T00:00:00Z', '+01', false, '+01:00', 'Morocco’s normal period'],
    ['Africa/Casablanca', '2024-03-20T00:00:00Z', '+00', true, '+01:00', 'Morocco’s Ramadan'],
    ['Antarctica/Troll', '2026-07-01T00:00:00Z', '+02', true, '+00:00', 'Troll saves two hours'],
    ['Europe/London', '1969-07-01T00:00:00Z', 'BST', false, '+01:00', 'British Standard Time, all year round'],
    ['Europe/Lisbon', '1993-01-01T00:00:00Z', 'CET', false, '+01:00', 'Portugal’s years of Central European Time'],
    ['Europe/Berlin', '1945-06-01T00:00:00Z', 'CEMT', true, '+01:00', 'double summer time'],
    ['America/Inuvik', '1985-07-01T00:00:00Z', 'MDT', true, '-07:00', 'Python’s zoneinfo guesses another saving'],
    ['America/Indiana/Petersburg', '2030-07-01T00:00:00Z', 'EDT', true, '-05:00', 'a type that only the rule has'],
    ['Asia/Tehran', '2026-07-01T00:00:00Z', '+0330', false, '+03:30', 'no letters'],
    ['Europe/Paris', '1800-01-01T00:00:00Z', 'LMT', false, '+00:09:21', 'before the first transition'],
    ['+05:30', '2026-07-01T00:00:00Z', '+0530', false, '+05:30', 'a fixed offset'],
    ['-09:00', '2026-07-01T00:00:00Z', '-09', false, '-09:00', 'a fixed offset of whole hours'],
  ] as const) {
    it(`says ${abbreviation} of ${name} at ${instant}: ${why}`, () => {
      const { type } = findOffsetInterval(parseZone(name), parseInstant(instant));
      assert.deepEqual(
        [type.abbreviation, type.isDst, formatOffset(type.standardOffsetSeconds)],
        [abbreviation, dst, standardOffset],
      );
    });
  }

  it('ends an interval where the type changes and the offset does not', () => {
    // On 27 October 1968 British Summer Time became British Standard Time, by the name and by the flag alone.
    const london = parseZone('Europe/London');
    const change = parseInstant('1968-10-26T23:00:00Z');
    const summer = findOffsetInterval(london, change - 1n);
    const standard = findOffsetInterval(london, change);
    assert.deepEqual([summer.type.isDst, summer.offsetSeconds], [true, 3600]);
    assert.deepEqual([standard.type.isDst, standard.offsetSeconds], [false, 3600]);
    assert.equal(summer.untilMs, standard.fromMs);
    assert.equal(BigInt(standard.fromMs) * 1_000_000n, change);
    assert.deepEqual(summer.next, standard.next);
  });

  it('knows links from zones', () => {
    const { canonical, aliases } = describeZone(parseZone('Europe/Kiev'));
    assert.equal(canonical, 'Europe/Kyiv');
    assert.deepEqual(aliases, ['Europe/Kyiv', 'Europe/Uzhgorod', 'Europe/Zaporozhye']);
    assert.equal(describeZone(parseZone('Europe/Kyiv')).canonical, 'Europe/Kyiv');
  });

  for (const [name, posixTz] of [
    ['Europe/Paris', 'CET-1CEST,M3.5.0,M10.5.0/3'],
    ['Europe/Dublin', 'IST-1GMT0,M10.5.0,M3.5.0/1'],
    ['Asia/Kathmandu', '<+0545>-5:45'],
    ['America/Nuuk', '<-02>2<-01>,M3.5.0/-1,M10.5.0/0'],
    ['UTC', 'UTC0'],
    ['+05:30', '<+0530>-5:30'],
    ['-09:00', '<-09>9'],
    ['+00:00', '<+00>0'],
  ] as const) {
    it(`gives ${name} the POSIX rule ${posixTz}`, () => {
      assert.equal(describeZone(parseZone(name)).posixTz, posixTz);
    });
  }

  it('knows the zones of a country by its code, in any case', () => {
    assert.deepEqual(zonesOfCountry('ch'), ['Europe/Zurich']);
    assert.equal(zonesOfCountry('US')?.length, 29);
    assert.equal(zonesOfCountry('XX'), undefined);
  });
});
