/** Scales that a person can read off: their ends are 1, 2 or 5 of some power of ten. */

/** The smallest round number that is not less; there is always something to see, so it is never less than 10 µs. */
export function chooseScale(leastMs: number): number {
  const least = Math.max(leastMs, 0.01);
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((step) => step * power).find((reach) => reach >= least * (1 - 1e-9)) ?? 10 * power;
}

/** Eleven ticks from one end to the other, zero in the middle. */
export function listTicks(reach: number): number[] {
  return Array.from({ length: 11 }, (_, index) => ((index - 5) / 5) * reach);
}
