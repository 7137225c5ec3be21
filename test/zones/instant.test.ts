import assert from 'node:assert/strict';

import { formatInstant, parseInstant, parseTime } from '../../app/zones/instant.ts';
import { readZone } from '../../app/zones/reading.ts';
import { parseZone } from '../../app/zones/zone.ts';

const FIRST_NS = -8_640_000_000_000_000_000_000n;

/** Instants where formatting by hand may go wrong: signs, carries, the ends of the range. */
const INSTANTS_NS = [
  0n,
  1n,
  -1n,
  999n,
  -999n,
  -1000n,
  -1_000_001n,
  1_795_489_554_123_456_789n,
  -62_167_219_200_000_000_000n,
  253_402_300_800_000_000_000n,
  FIRST_NS,
  FIRST_NS + 86_399_999_999_999n,
  -FIRST_NS,
  -FIRST_NS - 1n,
];

describe('an instant', () => {
  for (const epochNs of INSTANTS_NS) {
    it(`${epochNs} is formatted as Temporal formats it, in every zone`, () => {
      const instant = Temporal.Instant.fromEpochNanoseconds(epochNs);
      assert.equal(formatInstant(epochNs), instant.toString({ fractionalSecondDigits: 6 }));
      for (const id of ['Europe/Paris', 'America/New_York', 'Pacific/Kiritimati', 'Africa/Monrovia', '-23:59']) {
        const expected = instant.toZonedDateTimeISO(id).toString({ fractionalSecondDigits: 6 });
        assert.equal(readZone(parseZone(id), epochNs).local, expected);
      }
    });
  }

  it('of a leap second is the second before it, as POSIX time has none', () => {
    assert.equal(formatInstant(parseInstant('2016-12-31T23:59:60Z')), '2016-12-31T23:59:59.000000Z');
  });

  it('is not looked for in a text that is too long to be one', () => {
    assert.throws(
      () => parseTime('T'.repeat(4000)),
      /^ExpectationError: Expected a local time such as .*, got "T{64}…"$/,
    );
    assert.throws(() => parseTime(`${'T'.repeat(4000)}Z`), /^ExpectationError: Expected an instant with its offset, /);
  });

  for (const [text, kind] of [
    ['2026-11-24T03:05:54Z', 'bigint'],
    ['2026-11-24T03:05:54-01', 'bigint'],
    ['2026-11-24 03:05+01:00[Europe/Paris]', 'bigint'],
    ['20261124T030554+0100', 'bigint'],
    ['2026-11-24T03:05:54', 'object'],
    ['2026-11-24', 'object'],
    ['-002026-11-24', 'object'],
    ['20261124T030554', 'object'],
  ] as const) {
    it(`is told from a local time by its offset: ${text}`, () => {
      assert.equal(typeof parseTime(text), kind);
    });
  }
});
