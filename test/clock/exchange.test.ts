import assert from 'node:assert/strict';

import { measureOffset } from '../../app/clock/exchange.ts';

const stamps = (t1: number, t2: number, t3: number, t4: number) => ({
  t1Ns: BigInt(t1),
  t2Ns: BigInt(t2),
  t3Ns: BigInt(t3),
  t4Ns: BigInt(t4),
});

describe('the offset of an exchange', () => {
  it('is the middle of what the delay allows', () => {
    assert.deepEqual(measureOffset(stamps(100, 1110, 1120, 140)), {
      offsetNs: 995n,
      lowNs: 980n,
      highNs: 1010n,
      delayNs: 30n,
    });
  });

  it('holds the truth however the delay splits between the ways', () => {
    for (let outward = 0; outward <= 30; outward++) {
      const offset = measureOffset(stamps(100, 1100 + outward, 1105 + outward, 135));
      assert.ok(offset && offset.lowNs <= 1000n && 1000n <= offset.highNs);
    }
  });

  for (const [name, exchange] of [
    ['an answer before the question', stamps(100, 50, 50, 90)],
    ['an answer that left before the question came', stamps(100, 120, 119, 140)],
    ['a stay longer than the whole', stamps(100, 100, 150, 140)],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.equal(measureOffset(exchange), undefined);
    });
  }
});
