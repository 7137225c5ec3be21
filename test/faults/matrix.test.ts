import assert from 'node:assert/strict';

import { findBreach, parseMatrix } from './matrix.ts';

const MARKDOWN = `
## First

Words.

| fault | bounds | why |
|---|---|---|
| one | failed ≤ 0; time held ≤ 1.5 s | because |

## Second

| fault | bounds | why |
|---|---|---|
| other | goodput ≥ 80 % | because |
`;

describe('the matrix of faults', () => {
  it('is read from the tables, with the sections they stand in', () => {
    assert.deepEqual(parseMatrix(MARKDOWN), [
      {
        section: 'First',
        fault: 'one',
        bounds: [
          { measure: 'failed', relation: '≤', limit: 0, unit: '' },
          { measure: 'time held', relation: '≤', limit: 1.5, unit: ' s' },
        ],
      },
      { section: 'Second', fault: 'other', bounds: [{ measure: 'goodput', relation: '≥', limit: 80, unit: ' %' }] },
    ]);
  });

  it('refuses a bound that it cannot read', () => {
    assert.throws(() => parseMatrix(MARKDOWN.replace('≤ 0', 'none')), /Expected a bound such as .*, got "failed none"/);
  });

  it('finds a measure that is beyond its bound, or that was not taken', () => {
    const [held] = parseMatrix(MARKDOWN)[0]!.bounds.slice(1);
    assert.equal(findBreach(held!, { 'time held': 1.5 }), undefined);
    assert.equal(findBreach(held!, { 'time held': 1.51 }), 'Expected time held ≤ 1.5 s, got 1.51 s');
    assert.equal(findBreach(held!, { held: 1 }), 'time held was not measured');
    const [goodput] = parseMatrix(MARKDOWN)[1]!.bounds;
    assert.equal(findBreach(goodput!, { goodput: 79 }), 'Expected goodput ≥ 80 %, got 79 %');
  });
});
