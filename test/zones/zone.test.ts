import assert from 'node:assert/strict';

import { UnknownZoneError } from '../../app/zones/expectation.ts';
import { parseZone } from '../../app/zones/zone.ts';

describe('a zone', () => {
  for (const [text, id] of [
    ['europe/paris', 'Europe/Paris'],
    ['EUROPE/KIEV', 'Europe/Kiev'],
    ['Europe/Kyiv', 'Europe/Kyiv'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['utc', 'UTC'],
    ['etc/gmt+5', 'Etc/GMT+5'],
    ['gb', 'GB'],
    ['cst6cdt', 'CST6CDT'],
    ['+05', '+05:00'],
    ['-0930', '-09:30'],
    ['+23:59', '+23:59'],
  ] as const) {
    it(`reads ${text} as ${id}`, () => {
      assert.equal(parseZone(text).id, id);
    });
  }

  for (const text of [
    '',
    ' ',
    'Mars',
    'Europe',
    'Europe/Paris ',
    '+24:00',
    '+5',
    '05:30',
    '+05:30:15',
    'Z',
    'ACT',
    'SystemV/EST5',
    '../etc/passwd',
    '2026-01-01T00:00[Europe/Paris]',
    'a'.repeat(100_000),
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => parseZone(text), UnknownZoneError);
    });
  }

  it('is one object however it was written', () => {
    assert.equal(parseZone('europe/PARIS'), parseZone('Europe/Paris'));
    assert.equal(parseZone('+0530'), parseZone('+05:30'));
  });
});
