/** How long the faults are kept up: `FAULTS=short` makes every row of the matrix, each for less time. */
const IS_SHORT = process.env['FAULTS'] === 'short';

export const EXTENT = IS_SHORT
  ? { attackRounds: 3, overloadS: 20, curvePointS: 1, faultS: 12 }
  : { attackRounds: 5, overloadS: 60, curvePointS: 5, faultS: 30 };
