/**
 * What a node knows of the clocks of other nodes. app/peers finds it out; the servers and the metrics tell it, and they may
 * know of the clock but not of each other.
 */

/**
 * What is made of a peer's clock: `ahead` of this node's or `behind` it by more than is tolerated, whatever the uncertainty
 * hides; `agrees` where it may be within the tolerance; `silent` where it was not heard of late.
 */
export type PeerVerdict = 'agrees' | 'ahead' | 'behind' | 'silent';

/** A peer's clock minus this node's. It lies within `offsetNs ± uncertaintyNs` at the moment of the report. */
export interface PeerOffset {
  readonly offsetNs: bigint;
  readonly uncertaintyNs: bigint;
  /** How long question and answer were under way together, in the exchange that the offset comes from. */
  readonly delayNs: bigint;
}

export interface PeerReport {
  readonly node: string;
  readonly verdict: PeerVerdict;
  /** Null while the peer is silent. */
  readonly offset: PeerOffset | null;
  /** When the last answer came, by this node's wall clock; null before the first. */
  readonly lastHeardNs: bigint | null;
  /** The release of its tz database, by its last answer; null before the first, and where it does not say. */
  readonly tzdb: string | null;
}

/** The peers that a node asks, in the order of their names. */
export interface PeersReport {
  readonly toleranceNs: bigint;
  readonly peers: readonly PeerReport[];
  /** Whether most of the nodes known agree on a time that this node's clock is not within the tolerance of. */
  readonly isOutvoted: boolean;
}

/** What an instance reports that has no peers. */
export const NO_PEERS: PeersReport = { toleranceNs: 0n, peers: [], isOutvoted: false };
