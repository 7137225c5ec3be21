import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { chooseInstants, NOT_ZONES, seededRandom } from './instants.ts';
import { fetchTzdata, type TzdataRelease } from './tzdata-release.ts';
import { readTzif, type Change, type TzifZone } from './tzif.ts';
import { readZoneRules, type Parts } from './zone-rules.ts';
import { findOffsetInterval, listTransitions } from '../../app/zones/transitions.ts';
import { describeZone, ZONE_NAMES } from '../../app/zones/tz-table.ts';
import { readWorldTime } from '../../app/zones/world-time.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { makeTable } from '../../tzdata/table.ts';

const INSTANTS_PER_ZONE = 500;
/** The end of daylight saving that an instant of 2037 falls into may lie in a later year. */
const LAST_YEAR = 2039;
const NS_PER_S = 1_000_000_000n;
const DAY_S = 86_400;

describe('the tz table against the tz database of the same release', () => {
  let release: TzdataRelease;
  before(function () {
    release = fetchTzdata(this);
  });

  it('is the one that make tzdata makes', () => {
    assert.equal(makeTable(release.directory), readFileSync('app/zones/tz-table.json', 'utf8'));
  });

  it('has the names of the database, and its links', () => {
    const { zones, links } = readZoneRules(release.read('tzdata.zi').toString(), LAST_YEAR);
    assert.deepEqual(ZONE_NAMES, release.names.filter((name) => !NOT_ZONES.has(name)).toSorted());
    for (const name of ZONE_NAMES) {
      const { canonical, aliases } = describeZone(parseZone(name));
      assert.equal(canonical, links.get(name) ?? name);
      assert.ok(zones.has(canonical), canonical);
      const linked = [...links].filter(([, target]) => target === canonical).map(([link]) => link);
      assert.deepEqual(aliases, [canonical, ...linked].filter((other) => other !== name).toSorted());
    }
  });

  it(`gives every name all that WorldTimeAPI says at ${INSTANTS_PER_ZONE} instants from 1970 to 2037`, () => {
    const { zones, links } = readZoneRules(release.read('tzdata.zi').toString(), LAST_YEAR);
    const random = seededRandom(2037);
    const differences: string[] = [];
    let compared = 0;
    for (const name of ZONE_NAMES) {
      const zone = parseZone(name);
      const tzif = readTzif(release.read(name), LAST_YEAR);
      const parts = zones.get(links.get(name) ?? name) ?? [];
      const changesS = [...tzif.changes, ...parts].map(({ atS }) => atS);
      const instants = chooseInstants(INSTANTS_PER_ZONE, changesS, random);
      for (const atS of instants) {
        const { utc_datetime: _, client_ip: __, ...actual } = readWorldTime(zone, BigInt(atS) * NS_PER_S, '');
        const expected = expectWorldTime(name, atS, tzif, parts);
        compared += 1;
        if (JSON.stringify(actual) !== JSON.stringify(expected)) {
          differences.push(`${name} at ${atS}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
        }
      }
    }
    assert.equal(compared, ZONE_NAMES.length * INSTANTS_PER_ZONE);
    assert.deepEqual(differences.slice(0, 20), [], `${differences.length} of ${compared} differ`);
  });

  it('gives every name the POSIX rule of its file, and Python follows it as Temporal does', () => {
    // By then no zone lists transitions any more, and the rule alone says what is so.
    const [first, last] = [Date.UTC(2090) / 1000, Date.UTC(2100) / 1000];
    const random = seededRandom(2090);
    const questions: Record<string, number[]> = {};
    for (const name of ZONE_NAMES) {
      const zone = parseZone(name);
      const { posixTz } = describeZone(zone);
      assert.equal(posixTz, readTzif(release.read(name), LAST_YEAR).rule, name);
      if (questions[posixTz]) continue;
      const transitions = listTransitions(zone, BigInt(first) * NS_PER_S, BigInt(last) * NS_PER_S);
      const beside = transitions.flatMap(({ epochNs }) => [-1, 0, 1].map((s) => Number(epochNs / NS_PER_S) + s));
      const anywhere = Array.from({ length: 500 }, () => first + Math.floor(random() * (last - first)));
      questions[posixTz] = [...beside, ...anywhere];
    }
    const script = join(import.meta.dirname, 'follow-rules.py');
    const answers = JSON.parse(
      execFileSync('python3', [script], { input: JSON.stringify(questions), encoding: 'utf8', maxBuffer: 2 ** 28 }),
    ) as Record<string, [number, string][]>;

    let compared = 0;
    for (const name of ZONE_NAMES) {
      const zone = parseZone(name);
      const { posixTz } = describeZone(zone);
      for (const [index, atS] of (questions[posixTz] ?? []).entries()) {
        const { offsetSeconds, type } = findOffsetInterval(zone, BigInt(atS) * NS_PER_S);
        assert.deepEqual([offsetSeconds, type.abbreviation], answers[posixTz]?.[index], `${name} at ${atS}`);
        compared += 1;
      }
    }
    assert.ok(compared >= ZONE_NAMES.length * 500, String(compared));
  });
});

function expectWorldTime(name: string, atS: number, tzif: TzifZone, parts: readonly Parts[]) {
  const at = tzif.changes.findLastIndex((change) => change.atS <= atS);
  const { offsetSeconds, isDst, abbreviation } = tzif.changes[at]?.type ?? tzif.first;
  const { standardSeconds, savingSeconds } = parts.findLast((part) => part.atS <= atS) ?? {};
  const local = new Date((atS + offsetSeconds) * 1000);
  const days = Math.floor((atS + offsetSeconds) / DAY_S);
  const offset = `${offsetSeconds < 0 ? '-' : '+'}${new Date(Math.round(Math.abs(offsetSeconds) / 60) * 60_000).toISOString().slice(11, 16)}`;
  return {
    utc_offset: offset,
    timezone: name,
    day_of_week: local.getUTCDay(),
    day_of_year: days - Date.UTC(local.getUTCFullYear(), 0) / 1000 / DAY_S + 1,
    datetime: local.toISOString().replace('.000Z', `.000000${offset}`),
    unixtime: atS,
    raw_offset: standardSeconds,
    week_number: isoWeek(days),
    dst: isDst,
    abbreviation,
    dst_offset: savingSeconds,
    dst_from: isDst ? format(tzif.changes[startOfSaving(tzif.changes, at)]?.atS) : null,
    dst_until: isDst ? format(tzif.changes.slice(at + 1).find((change) => !change.type.isDst)?.atS) : null,
  };
}

/** The index of the change that began the daylight saving which the change at an index belongs to. */
function startOfSaving(changes: readonly Change[], index: number): number {
  return changes[index - 1]?.type.isDst ? startOfSaving(changes, index - 1) : index;
}

function format(atS: number | undefined): string | null {
  return atS === undefined ? null : new Date(atS * 1000).toISOString().replace('.000Z', '+00:00');
}

/** The week of ISO 8601 is the one that its Thursday lies in, counted in that Thursday's year. */
function isoWeek(days: number): number {
  const thursday = days + 3 - ((((days + 3) % 7) + 7) % 7);
  const year = new Date(thursday * DAY_S * 1000).getUTCFullYear();
  return Math.floor((thursday - Date.UTC(year, 0) / 1000 / DAY_S) / 7) + 1;
}
