/**
 * Asks the peers for their time, one after the other, and keeps the table of what they answered. How a peer is asked is
 * given from outside, since it is a matter of the protocol, and so is when: app/peers/peer-loop.ts has the timer.
 */
import type { Exchange } from '../clock/exchange.ts';
import type { PeerReport, PeersReport } from '../clock/peer-report.ts';
import type { TimeSource } from '../clock/time-source.ts';
import { MOST_PEERS, type Endpoint } from './endpoint.ts';
import { PeerTable } from './peer-table.ts';

/** When a peer had the question and when it sent the answer, by its own wall clock; and its tz release, if it says. */
export type PeerAnswer = Pick<Exchange, 't2Ns' | 't3Ns'> & { readonly tzdb: string | null };

/** A way to one peer, kept open while it is one. */
export interface PeerConnection extends Disposable {
  /** Asks for the time; it must settle by itself, well before the peer's next turn. */
  exchange(): Promise<PeerAnswer>;
}

export interface PeerWatchOptions {
  readonly time: TimeSource;
  readonly toleranceNs: bigint;
  readonly connect: (endpoint: Endpoint) => PeerConnection;
  /** Is told of each peer whose verdict has changed. */
  readonly onChange: (report: PeerReport) => void;
}

interface Link {
  readonly endpoint: Endpoint;
  readonly connection: PeerConnection;
  isAsking: boolean;
}

export class PeerWatch {
  readonly #options: PeerWatchOptions;
  readonly #table: PeerTable;
  #links: readonly Link[] = [];
  #turn = 0;
  #answered = 0;
  #failed = 0;

  constructor(options: PeerWatchOptions) {
    this.#options = options;
    this.#table = new PeerTable(options);
  }

  report(): PeersReport {
    return this.#table.report();
  }

  /** How many exchanges there were since the start. */
  get exchanges(): { readonly answered: number; readonly failed: number } {
    return { answered: this.#answered, failed: this.#failed };
  }

  /** Takes these for the peers from now on; the connections to those that stay are kept. */
  setPeers(peers: readonly Endpoint[]): void {
    const { connect } = this.#options;
    const before = this.#links;
    this.#links = peers.map((endpoint) => {
      const link = before.find((other) => isSame(other.endpoint, endpoint));
      return link ?? { endpoint, connection: connect(endpoint), isAsking: false };
    });
    for (const link of before) if (!this.#links.includes(link)) link.connection[Symbol.dispose]();
    this.#table.replace(peers);
  }

  /** Asks the peer whose turn it is, and weighs what is known. A round is {@link MOST_PEERS} calls. */
  tick(): void {
    const link = this.#links[this.#turn];
    this.#turn = (this.#turn + 1) % MOST_PEERS;
    if (link && !link.isAsking) void this.#ask(link);
    for (const change of this.#table.weigh()) this.#options.onChange(change);
  }

  async #ask(link: Link): Promise<void> {
    const { time } = this.#options;
    link.isAsking = true;
    try {
      const t1Ns = time.monotonicNs();
      const { t2Ns, t3Ns, tzdb } = await link.connection.exchange();
      const t4Ns = time.monotonicNs();
      if (this.#table.add(link.endpoint.node, { t1Ns, t2Ns, t3Ns, t4Ns }, tzdb)) this.#answered += 1;
      else this.#failed += 1;
    } catch {
      // A peer that does not answer is found silent; why, is for the peer's own log.
      this.#failed += 1;
    } finally {
      link.isAsking = false;
    }
  }
}

function isSame(one: Endpoint, other: Endpoint): boolean {
  return one.node === other.node && one.address === other.address && one.port === other.port;
}
