/** Which instants are compared: the same in every run, and as many next to transitions as anywhere. */

export const FIRST_S = Date.UTC(1970, 0, 1) / 1000;
export const LAST_S = Date.UTC(2038, 0, 1) / 1000 - 1;

/** Not a place: upstream's mark for a machine whose zone was never set. ECMA-402 has no such zone. */
export const NOT_ZONES: ReadonlySet<string> = new Set(['Factory']);

/**
 * Half of the instants lie on a transition or a second beside it, the others anywhere from 1970 to 2037.
 *
 * @param random gives numbers from 0 to less than 1
 * @returns seconds since 1970
 */
export function chooseInstants(count: number, transitionsS: readonly number[], random: () => number): number[] {
  const inRange = transitionsS.filter((atS) => atS >= FIRST_S && atS <= LAST_S);
  return Array.from({ length: count }, (_, index) => {
    const transition = inRange[Math.floor(random() * inRange.length)];
    if (index % 2 === 0 && transition !== undefined) return transition + Math.floor(random() * 3) - 1;
    return FIRST_S + Math.floor(random() * (LAST_S - FIRST_S));
  });
}

/** mulberry32 */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
