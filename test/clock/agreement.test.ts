import assert from 'node:assert/strict';

import { findAgreement, mostLiars } from '../../app/clock/agreement.ts';

/** Claims from pairs of ends, named by their place. */
function claims(...ends: readonly (readonly [number, number])[]) {
  return ends.map(([low, high], place) => ({
    name: String(place),
    interval: { lowNs: BigInt(low), highNs: BigInt(high) },
  }));
}

describe('the agreement of claims', () => {
  for (const [name, ends, known, expected] of [
    ['of one is its own interval', [[0, 4]], 1, [0, 4, []]],
    [
      'of two is where both overlap',
      [
        [0, 4],
        [3, 9],
      ],
      2,
      [3, 4, []],
    ],
    [
      'holds a point where intervals only touch',
      [
        [0, 4],
        [4, 9],
      ],
      2,
      [4, 4, []],
    ],
    [
      'of three leaves out and names one that overlaps none',
      [
        [0, 4],
        [90, 95],
        [3, 9],
      ],
      3,
      [3, 4, ['1']],
    ],
    [
      'is not drawn off by a liar who overlaps every one of the others a little',
      [
        [0, 10],
        [4, 14],
        [5, 15],
        [9, 20],
      ],
      4,
      [5, 14, []],
    ],
    [
      'holds both places where an interval reaches over two that differ',
      [
        [0, 9],
        [1, 2],
        [8, 9],
      ],
      3,
      [1, 9, []],
    ],
    [
      'counts the silent as honest or lying: with them, two of three may lie',
      [
        [0, 4],
        [3, 9],
        [90, 95],
      ],
      5,
      [0, 95, []],
    ],
    [
      'is about negative numbers too',
      [
        [-9, -3],
        [-4, 4],
      ],
      2,
      [-4, -3, []],
    ],
  ] as const) {
    it(name, () => {
      const agreement = findAgreement(claims(...ends), known);
      const [low, high, dissenters] = expected;
      assert.deepEqual(agreement, { interval: { lowNs: BigInt(low), highNs: BigInt(high) }, dissenters });
    });
  }

  for (const [name, ends, known] of [
    [
      'two that contradict each other',
      [
        [0, 4],
        [5, 9],
      ],
      2,
    ],
    [
      'three that contradict each other',
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
      3,
    ],
    [
      'two of five, who could both be liars',
      [
        [0, 4],
        [0, 4],
      ],
      5,
    ],
    ['none', [], 0],
  ] as const) {
    it(`is not found for ${name}`, () => {
      assert.equal(findAgreement(claims(...ends), known), undefined);
    });
  }

  it('bears fewer liars than half', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(mostLiars), [0, 0, 0, 1, 1, 2, 2]);
  });
});
