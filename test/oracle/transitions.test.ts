import assert from 'node:assert/strict';

import { chooseInstants, NOT_ZONES, seededRandom } from './instants.ts';
import { readTzif, type TzifZone } from './tzif.ts';
import { fetchTzdata, type TzdataRelease } from './tzdata-release.ts';
import { findOffsetInterval } from '../../app/zones/transitions.ts';
import { parseZone } from '../../app/zones/zone.ts';

const INSTANTS_PER_ZONE = 300;
/** The transition after an instant of 2037 may lie in a later year. */
const LAST_YEAR = 2040;

/** Where a zone's offset changes; a change of name or of isdst alone is none. */
function offsetChanges(zone: TzifZone): { atS: number; before: number; after: number }[] {
  let before = zone.first.offsetSeconds;
  return zone.changes.flatMap(({ atS, type }) => {
    const change = { atS, before, after: type.offsetSeconds };
    before = type.offsetSeconds;
    return change.before === change.after ? [] : [change];
  });
}

describe('offsets and transitions against the tz database of the same release', () => {
  let release: TzdataRelease;
  before(function () {
    release = fetchTzdata(this);
  });

  it(`are the same for every name at ${INSTANTS_PER_ZONE} instants from 1970 to 2037`, () => {
    const random = seededRandom(1970);
    const differences: string[] = [];
    let compared = 0;
    for (const name of release.names.filter((candidate) => !NOT_ZONES.has(candidate))) {
      const zone = parseZone(name);
      assert.equal(zone.id, name);
      const tzif = readTzif(release.read(name), LAST_YEAR);
      const changes = offsetChanges(tzif);
      for (const atS of chooseInstants(
        INSTANTS_PER_ZONE,
        changes.map((change) => change.atS),
        random,
      )) {
        const last = changes.findLast((change) => change.atS <= atS);
        const next = changes.find((change) => change.atS > atS);
        const interval = findOffsetInterval(zone, BigInt(atS) * 1_000_000_000n);
        const expected = describeInterval(last?.after ?? tzif.first.offsetSeconds, last?.atS, next?.atS);
        const actual = describeInterval(
          interval.offsetSeconds,
          inSeconds(interval.previous?.epochNs),
          inSeconds(interval.next?.epochNs),
        );
        if (actual !== expected)
          differences.push(`${name} at ${new Date(atS * 1000).toISOString()}: ${actual}, not ${expected}`);
        compared += 1;
      }
    }
    assert.equal(compared, (release.names.length - NOT_ZONES.size) * INSTANTS_PER_ZONE);
    assert.deepEqual(differences.slice(0, 20), [], `${differences.length} of ${compared} differ`);
  });
});

function inSeconds(epochNs: bigint | undefined): number | undefined {
  return epochNs === undefined ? undefined : Number(epochNs / 1_000_000_000n);
}

function describeInterval(offsetSeconds: number, previousS: number | undefined, nextS: number | undefined): string {
  return `${offsetSeconds} s, from ${previousS ?? 'ever'} to ${nextS ?? 'ever'}`;
}
