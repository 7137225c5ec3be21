import assert from 'node:assert/strict';

import { carryForward, choose, measure } from '../../app/page/exchange.ts';

describe('the page’s exchange with the service', () => {
  it('puts the service’s clock in the middle of the round trip, give or take half of it', () => {
    assert.deepEqual(measure({ t1Ms: 100, t2Ms: 5010, t3Ms: 5012, t4Ms: 122 }), {
      steadyMs: 122,
      serviceMs: 5022,
      uncertaintyMs: 10,
    });
  });

  it('holds the service’s clock in that interval however lopsided the way is', () => {
    for (const [there, back] of [
      [0, 40],
      [40, 0],
      [13, 27],
    ] as const) {
      const aheadMs = 1_795_489_554_000;
      const measured = measure({ t1Ms: 0, t2Ms: aheadMs + there, t3Ms: aheadMs + there + 1, t4Ms: there + 1 + back });
      assert.ok(measured);
      assert.ok(Math.abs(measured.serviceMs - (aheadMs + there + 1 + back)) <= measured.uncertaintyMs);
    }
  });

  it('refuses an answer that took less than no time', () => {
    assert.equal(measure({ t1Ms: 0, t2Ms: 5000, t3Ms: 5010, t4Ms: 9 }), undefined);
    assert.equal(measure({ t1Ms: 0, t2Ms: 5010, t3Ms: 5000, t4Ms: 9 }), undefined);
  });

  it('is less sure of an old measurement, by what crystals drift', () => {
    assert.deepEqual(carryForward({ steadyMs: 0, serviceMs: 5000, uncertaintyMs: 2 }, 60_000), {
      steadyMs: 60_000,
      serviceMs: 65_000,
      uncertaintyMs: 8,
    });
  });

  const old = { steadyMs: 0, serviceMs: 5000, uncertaintyMs: 2 };
  for (const [name, fresh, chosen] of [
    ['keeps the old one while it is the narrower', { steadyMs: 1000, serviceMs: 6004, uncertaintyMs: 9 }, 6000],
    ['takes the new one when it is the narrower', { steadyMs: 1000, serviceMs: 6001, uncertaintyMs: 1 }, 6001],
    ['takes the new one when the two contradict', { steadyMs: 1000, serviceMs: 9000, uncertaintyMs: 9 }, 9000],
  ] as const) {
    it(`${name} of two measurements`, () => {
      assert.equal(choose(old, fresh).serviceMs, chosen);
    });
  }
});
