/** Which nodes tell zones by an older tz database: a rollout of newer zone data that stopped half way shows here. */

/** @returns a sentence, or nothing where all that have said have the same release */
export function describeReleases(
  own: string,
  peers: readonly { readonly node: string; readonly tzdb: string | null }[],
): string {
  let newest = own;
  for (const { tzdb } of peers) if (tzdb !== null && tzdb > newest) newest = tzdb;
  const stale = [{ node: 'the node that answers', tzdb: own }, ...peers]
    .filter(({ tzdb }) => tzdb !== null && tzdb !== newest)
    .map(({ node, tzdb }) => `${node} has ${tzdb}`);
  return stale.length === 0 ? '' : `Out of date: the newest tz database is ${newest}, but ${stale.join(', ')}.`;
}
