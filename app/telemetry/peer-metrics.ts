/**
 * The metrics of the other nodes' clocks. They are read from the report when they are scraped, so that there are as many
 * series as peers and those of a node go when it does.
 */
import { Counter, Gauge, type Registry } from 'prom-client';

import type { PeerReport, PeersReport } from '../clock/peer-report.ts';
import { PEER_METRICS, type MetricName } from './metric-names.ts';

/** What is known of the peers at present. */
export interface PeerFacts {
  report(): PeersReport;
  /** How many exchanges there were since the start. */
  readonly exchanges: { readonly answered: number; readonly failed: number };
}

export function registerPeerMetrics(registry: Registry, facts: PeerFacts): void {
  const perNode = (metric: MetricName<'node'>, help: string, read: (peer: PeerReport) => number | null) => {
    new Gauge({
      ...metric,
      help,
      registers: [registry],
      collect() {
        this.reset();
        for (const peer of facts.report().peers) {
          const value = read(peer);
          if (value !== null) this.set({ node: peer.node }, value);
        }
      },
    });
  };
  perNode(
    PEER_METRICS.offset,
    'The node’s clock minus this one’s.',
    ({ offset }) => offset && toSeconds(offset.offsetNs),
  );
  perNode(
    PEER_METRICS.uncertainty,
    'How far the true offset may be from the one given.',
    ({ offset }) => offset && toSeconds(offset.uncertaintyNs),
  );
  perNode(
    PEER_METRICS.delay,
    'How long question and answer took in the exchange that the offset comes from.',
    ({ offset }) => offset && toSeconds(offset.delayNs),
  );
  perNode(PEER_METRICS.silent, 'Whether the node has not answered of late.', ({ verdict }) =>
    Number(verdict === 'silent'),
  );

  new Gauge({
    ...PEER_METRICS.tolerance,
    help: 'How far apart clocks may be.',
    registers: [registry],
    collect() {
      this.set(toSeconds(facts.report().toleranceNs));
    },
  });
  new Gauge({
    ...PEER_METRICS.outvoted,
    help: 'Whether most nodes agree on a time that this node’s clock is not within the tolerance of.',
    registers: [registry],
    collect() {
      this.set(Number(facts.report().isOutvoted));
    },
  });
  new Counter({
    ...PEER_METRICS.exchanges,
    help: 'How often peers were asked for their time, by what came of it.',
    registers: [registry],
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(facts.exchanges)) this.inc({ result }, count);
    },
  });
}

function toSeconds(ns: bigint): number {
  return Number(ns) / 1e9;
}
