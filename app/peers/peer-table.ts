/**
 * The peers that this instance asks, what they answered, and what is made of it. It has no timer and no socket, so that
 * whole clusters can be simulated; app/peers/peer-loop.ts asks, and tells it.
 */
import type { Exchange } from '../clock/exchange.ts';
import type { PeerOffset, PeerReport, PeersReport, PeerVerdict } from '../clock/peer-report.ts';
import { readMoment, type Moment, type TimeSource } from '../clock/time-source.ts';
import type { Endpoint } from './endpoint.ts';
import { Hysteresis, isOutvoted, leastSkewNs } from './majority.ts';
import { ageSample, SampleWindow, type Sample } from './sample-window.ts';

/** A peer that has not answered for so long, five rounds of app/peers/peer-loop.ts, is silent. */
export const SILENT_AFTER_NS = 25_000_000_000n;

interface Peer {
  readonly endpoint: Endpoint;
  /** Outlives the endpoint: another pod of the node has the same clock. */
  readonly window: SampleWindow;
  tzdb: string | null;
}

export class PeerTable {
  readonly #time: TimeSource;
  readonly #toleranceNs: bigint;
  readonly #outvoted = new Hysteresis();
  #peers: ReadonlyMap<string, Peer> = new Map();
  #verdicts: ReadonlyMap<string, PeerVerdict> = new Map();

  constructor({ time, toleranceNs }: { time: TimeSource; toleranceNs: bigint }) {
    this.#time = time;
    this.#toleranceNs = toleranceNs;
  }

  /** Takes these for the peers from now on; what is known of the nodes that stay is kept. */
  replace(endpoints: readonly Endpoint[]): void {
    this.#peers = new Map(
      endpoints.map((endpoint): [string, Peer] => {
        const { window = new SampleWindow(), tzdb = null } = this.#peers.get(endpoint.node) ?? {};
        return [endpoint.node, { endpoint, window, tzdb }];
      }),
    );
  }

  /**
   * Takes a peer's answer. That of one which is no peer any more is let fall.
   *
   * @param tzdb the release of its tz database, where it says
   * @returns whether the answer can be true
   */
  add(node: string, exchange: Exchange, tzdb: string | null): boolean {
    const peer = this.#peers.get(node);
    if (!peer) return true;
    peer.tzdb = tzdb;
    return peer.window.add(exchange);
  }

  /**
   * Weighs what is known at present. To be called about once a second.
   *
   * @returns the peers whose verdict has changed since the last call
   */
  weigh(): PeerReport[] {
    const { peers } = this.report();
    const heard = peers.map(({ offset }) => offset).filter((offset) => offset !== null);
    this.#outvoted.update(isOutvoted(heard, peers.length, this.#toleranceNs), this.#time.monotonicNs());
    const before = this.#verdicts;
    this.#verdicts = new Map(peers.map(({ node, verdict }) => [node, verdict]));
    return peers.filter(({ node, verdict }) => verdict !== (before.get(node) ?? 'silent'));
  }

  report(): PeersReport {
    const moment = readMoment(this.#time);
    const peers = Array.from(this.#peers.values(), ({ endpoint: { node }, window, tzdb }): PeerReport => {
      const { lastHeardNs } = window;
      const sinceNs = lastHeardNs === undefined ? undefined : moment.beforeNs - lastHeardNs;
      const best = window.best();
      const offset = best && sinceNs !== undefined && sinceNs <= SILENT_AFTER_NS ? findOffset(best, moment) : null;
      const verdict = judge(offset, this.#toleranceNs);
      return { node, verdict, offset, lastHeardNs: sinceNs === undefined ? null : moment.wallNs - sinceNs, tzdb };
    });
    return { toleranceNs: this.#toleranceNs, peers, isOutvoted: this.#outvoted.isOn };
  }
}

/** @returns the peer's clock minus the own one, at a moment of the latter */
function findOffset(sample: Sample, { wallNs, beforeNs, afterNs }: Moment): PeerOffset {
  const aged = ageSample(sample, afterNs);
  const lowNs = aged.lowNs - (wallNs - beforeNs);
  const highNs = aged.highNs - (wallNs - afterNs);
  return {
    offsetNs: (lowNs + highNs) / 2n,
    // What the halving left out is put on, so that both ends stay within.
    uncertaintyNs: (highNs - lowNs) / 2n + 1n,
    delayNs: sample.delayNs,
  };
}

function judge(offset: PeerOffset | null, toleranceNs: bigint): PeerVerdict {
  if (!offset) return 'silent';
  if (leastSkewNs(offset) <= toleranceNs) return 'agrees';
  return offset.offsetNs > 0n ? 'ahead' : 'behind';
}
