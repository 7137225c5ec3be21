import assert from 'node:assert/strict';

import type { Exchange } from '../../app/clock/exchange.ts';
import { ageSample, SampleWindow } from '../../app/peers/sample-window.ts';

const MS = 1_000_000n;
const S = 1000n * MS;

/** An exchange with a peer whose clock is ahead by an offset, with so much delay in all, a quarter of it on the way there. */
function exchange({ atNs = 0n, offsetNs = 0n, delayNs = MS }): Exchange {
  const t2Ns = atNs + delayNs / 4n + offsetNs;
  return { t1Ns: atNs, t2Ns, t3Ns: t2Ns + 10n, t4Ns: atNs + delayNs + 10n };
}

describe('the exchanges with one peer', () => {
  it('hold the offset, however the delay splits between the ways', () => {
    const window = new SampleWindow();
    window.add(exchange({ offsetNs: 5n * S, delayNs: 40n * MS }));
    const { lowNs, highNs } = window.best()!;
    assert.deepEqual({ lowNs, highNs }, { lowNs: 5n * S - 30n * MS, highNs: 5n * S + 10n * MS });
  });

  it('are believed by the least delay', () => {
    const window = new SampleWindow();
    for (const delayNs of [9n * MS, 2n * MS, 7n * MS]) window.add(exchange({ delayNs }));
    assert.equal(window.best()?.highNs, (2n * MS) / 4n);
  });

  it('lose to a later one once the parting of the clocks outweighs its delay', () => {
    const cases = [
      { laterNs: 1n * S, believed: 2n * MS },
      { laterNs: 4n * S, believed: 5n * MS },
    ];
    for (const { laterNs, believed } of cases) {
      const window = new SampleWindow();
      window.add(exchange({ delayNs: 2n * MS }));
      window.add(exchange({ atNs: laterNs, delayNs: 5n * MS }));
      assert.equal(window.best()?.delayNs, believed);
    }
  });

  it('widen by 1000 ppm of the time that has passed', () => {
    const sample = { offsetNs: 0n, lowNs: -MS, highNs: MS, delayNs: 2n * MS, atNs: S };
    assert.deepEqual(ageSample(sample, 3n * S), { lowNs: -3n * MS, highNs: 3n * MS });
  });

  it('are forgotten once a later one shows that the peer’s clock was stepped', () => {
    const window = new SampleWindow();
    window.add(exchange({ delayNs: MS }));
    window.add(exchange({ atNs: S, offsetNs: -S, delayNs: 100n * MS }));
    assert.equal(window.best()?.highNs, -S + 25n * MS);
  });

  it('number eight at the most', () => {
    const window = new SampleWindow();
    window.add(exchange({ delayNs: 1n }));
    for (let count = 1n; count < 8n; count++) window.add(exchange({ atNs: count, delayNs: MS }));
    assert.equal(window.best()?.atNs, 11n);
    window.add(exchange({ atNs: 8n, delayNs: MS }));
    assert.notEqual(window.best()?.atNs, 11n);
  });

  const impossible: [string, Exchange][] = [
    ['an answer sent before the question came', { t1Ns: 0n, t2Ns: 20n, t3Ns: 10n, t4Ns: 100n }],
    ['more time at the peer than in all', { t1Ns: 0n, t2Ns: 0n, t3Ns: 101n, t4Ns: 100n }],
  ];
  for (const [what, timestamps] of impossible) {
    it(`refuse ${what}`, () => {
      const window = new SampleWindow();
      assert.equal(window.add(timestamps), false);
      assert.equal(window.best(), undefined);
      assert.equal(window.lastHeardNs, undefined);
    });
  }
});
