import assert from 'node:assert/strict';

import { packAnswer } from './ntp-server.ts';
import { decodeAnswer, encodeQuery } from '../../app/clock/ntp-packet.ts';

const ns = (text: string) => Temporal.Instant.from(text).epochNanoseconds;
const COOKIE = 0x0123_4567_89ab_cdefn;
const NOW = ns('2026-11-24T03:05:54Z');

/** An answer to the question with the cookie, with some bytes replaced. */
function packet({ timeNs = NOW, bytes = {} }: { timeNs?: bigint; bytes?: Record<number, number> } = {}): Buffer {
  const answer = packAnswer(encodeQuery(COOKIE), timeNs);
  for (const [index, value] of Object.entries(bytes)) answer.writeUInt8(value, Number(index));
  return answer;
}

describe('an NTP question', () => {
  it('tells a server nothing but its cookie', () => {
    const query = encodeQuery(COOKIE);
    assert.equal(query.length, 48);
    assert.equal(query.toString('hex'), `23${'00'.repeat(39)}0123456789abcdef`);
  });
});

describe('an NTP answer', () => {
  it('gives the two timestamps, the leap second and the server’s own bound', () => {
    assert.deepEqual(decodeAnswer(packet(), COOKIE, NOW), {
      kind: 'time',
      t2Ns: NOW,
      t3Ns: NOW,
      // Half of a root delay of 1/64 s, a root dispersion of 1/128 s, and a precision of 2^-20 s.
      boundNs: 7_812_500n + 7_812_500n + 954n,
      leap: 'none',
    });
  });

  for (const [instant, about] of [
    ['2036-02-07T06:28:15Z', '2036-02-07T06:28:15Z'],
    ['2036-02-07T06:28:16Z', '2036-02-07T06:28:15Z'],
    ['2036-02-07T06:28:15Z', '2036-02-07T06:28:17Z'],
    ['2040-01-01T00:00:00Z', '2026-11-24T00:00:00Z'],
    ['2026-11-24T00:00:00Z', '2040-01-01T00:00:00Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['1969-12-31T23:59:59Z', '1970-01-01T00:00:01Z'],
    ['2172-03-15T12:56:32Z', '2172-03-15T12:56:31Z'],
  ] as const) {
    it(`of ${instant} is read in its era by a clock at ${about}`, () => {
      const answer = decodeAnswer(packet({ timeNs: ns(instant) }), COOKIE, ns(about));
      assert.equal(answer?.kind === 'time' && answer.t2Ns, ns(instant));
    });
  }

  for (const [indicator, leap] of [
    [0x64, 'insert'],
    [0xa4, 'delete'],
  ] as const) {
    it(`announces a leap second: ${leap}`, () => {
      const answer = decodeAnswer(packet({ bytes: { 0: indicator } }), COOKIE, NOW);
      assert.equal(answer?.kind === 'time' && answer.leap, leap);
    });
  }

  for (const [name, bytes] of [
    ['with another cookie', { 24: 0 }],
    ['of mode 3, a question', { 0: 0x23 }],
    ['of mode 5, a broadcast', { 0: 0x25 }],
    ['of version 1', { 0: 0x0c }],
  ] as const) {
    it(`${name} is as if it had not come`, () => {
      assert.equal(decodeAnswer(packet({ bytes }), COOKIE, NOW), undefined);
    });
  }

  it('of 47 bytes is as if it had not come', () => {
    assert.equal(decodeAnswer(packet().subarray(0, 47), COOKIE, NOW), undefined);
  });

  for (const [name, bytes, reason] of [
    ['whose leap indicator says unsynchronised', { 0: 0xe4 }, /not synchronised/],
    ['of stratum 16', { 1: 16 }, /not synchronised/],
    ['with a root dispersion of two seconds', { 9: 2 }, /only sure to/],
    ['with a nonsense precision', { 3: 100 }, /only sure to/],
    ['that left before its question came', { 43: 0 }, /before the question/],
  ] as const) {
    it(`${name} cannot be used`, () => {
      const answer = decodeAnswer(packet({ bytes }), COOKIE, NOW);
      assert.match(answer?.kind === 'unusable' ? answer.reason : '', reason);
    });
  }

  it('of stratum 0 is a kiss-o’-death, with its code', () => {
    const bytes = { 1: 0, 12: 0x52, 13: 0x41, 14: 0x54, 15: 0x45 };
    assert.deepEqual(decodeAnswer(packet({ bytes }), COOKIE, NOW), { kind: 'kiss', code: 'RATE' });
  });
});
