import assert from 'node:assert/strict';

import { Registry } from 'prom-client';

import type { PeerReport, PeersReport } from '../../app/clock/peer-report.ts';
import { registerPeerMetrics } from '../../app/telemetry/peer-metrics.ts';

const heard = (node: string): PeerReport => ({
  node,
  verdict: 'ahead',
  offset: { offsetNs: 250_000_000n, uncertaintyNs: 1_000_000n, delayNs: 2_000_000n },
  lastHeardNs: 0n,
  tzdb: null,
});

describe('the metrics of peers', () => {
  it('have the series of the peers there are, and lose those of a node that goes', async () => {
    const registry = new Registry();
    const silent: PeerReport = { node: 'b', verdict: 'silent', offset: null, lastHeardNs: null, tzdb: null };
    let report: PeersReport = { toleranceNs: 100_000_000n, isOutvoted: true, peers: [heard('a'), silent] };
    registerPeerMetrics(registry, { report: () => report, exchanges: { answered: 7, failed: 2 } });
    const series = async () => (await registry.metrics()).split('\n').filter((line) => /^[^#]/.test(line));
    const common = [
      'time_service_peer_tolerance_seconds 0.1',
      'time_service_outvoted 1',
      'time_service_peer_exchanges_total{result="answered"} 7',
      'time_service_peer_exchanges_total{result="failed"} 2',
    ];
    const expected = [
      'time_service_peer_offset_seconds{node="a"} 0.25',
      'time_service_peer_uncertainty_seconds{node="a"} 0.001',
      'time_service_peer_delay_seconds{node="a"} 0.002',
      'time_service_peer_silent{node="a"} 0',
      'time_service_peer_silent{node="b"} 1',
      ...common,
    ];
    assert.deepEqual(await series(), expected);
    assert.deepEqual(await series(), expected, 'a second scrape counts nothing twice');
    report = { ...report, peers: [] };
    assert.deepEqual(await series(), common);
  });
});
