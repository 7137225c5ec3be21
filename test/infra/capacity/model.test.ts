import assert from 'node:assert/strict';

import { BUSIEST_CORES, MEASURED, MODEL } from '../../../infra/capacity/measured.ts';
import { fitModel, predict, rateAt } from '../../../infra/capacity/model.ts';

const KNOWN = { aloneSeconds: 60e-6, savedSeconds: 40e-6, unqueuedMs: 0.1, queueMs: 0.05 };

describe('the capacity model', () => {
  it('is found again from what it predicts', () => {
    const model = fitModel([5000, 20_000, 35_000].map((rate) => predict(KNOWN, rate)));
    for (const key of ['aloneSeconds', 'savedSeconds', 'unqueuedMs', 'queueMs'] as const) {
      assert.ok(Math.abs(model[key] / KNOWN[key] - 1) < 1e-9, `${key}: ${model[key]}`);
    }
  });

  it('has no answer in time from a core that is busy all the time', () => {
    assert.equal(predict(KNOWN, 50_000).p99Ms, Infinity);
  });

  it('knows the load that takes a share of a core', () => {
    assert.equal(Math.round(rateAt(KNOWN, 0.5)), 12_500);
    assert.equal(predict(KNOWN, rateAt(KNOWN, 0.3)).cores.toFixed(9), '0.300000000');
  });

  it('was checked at five loads that it was not fitted to, one of them above 80 % of saturation', () => {
    const fitted = new Set(MEASURED.fitted.map(({ requestsPerSecond }) => requestsPerSecond));
    assert.equal(fitted.size, 3);
    assert.equal(MEASURED.checks.filter(({ requestsPerSecond }) => !fitted.has(requestsPerSecond)).length, 5);
    assert.ok(
      Math.max(...MEASURED.checks.map(({ requestsPerSecond }) => requestsPerSecond)) > 0.8 * MEASURED.saturation,
    );
    assert.ok(BUSIEST_CORES < 1);
  });

  for (const measured of MEASURED.checks) {
    it(`predicts ${measured.requestsPerSecond} requests a second within a quarter`, () => {
      const predicted = predict(MODEL, measured.requestsPerSecond);
      for (const key of ['cores', 'p99Ms'] as const) {
        const error = predicted[key] / measured[key] - 1;
        assert.ok(Math.abs(error) <= 0.25, `${key}: predicted ${predicted[key]}, measured ${measured[key]}`);
      }
    });
  }
});
