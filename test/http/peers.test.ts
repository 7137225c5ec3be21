import assert from 'node:assert/strict';

import { openService } from './service.ts';
import type { PeersReport } from '../../app/clock/peer-report.ts';
import { peerRoutes } from '../../app/http/peers.ts';

const REPORT: PeersReport = {
  toleranceNs: 100_000_000n,
  isOutvoted: true,
  peers: [
    {
      node: 'a',
      verdict: 'behind',
      offset: { offsetNs: -250_012_345n, uncertaintyNs: 431_500n, delayNs: 612_250n },
      lastHeardNs: 1_795_489_554_123_456_789n,
      tzdb: '2026b',
    },
    { node: 'b', verdict: 'silent', offset: null, lastHeardNs: null, tzdb: null },
  ],
};

describe('GET /v1/peers', () => {
  it('tells each peer’s offset, how uncertain it is, and what is made of it', async () => {
    await using service = await openService({ routes: peerRoutes(() => REPORT) });
    const response = await fetch(`${service.url}/v1/peers`);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await response.json(), {
      toleranceUs: 100_000,
      outvoted: true,
      tzdb: process.versions['tz'],
      peers: [
        {
          node: 'a',
          verdict: 'behind',
          offsetUs: -250_012.345,
          uncertaintyUs: 431.5,
          delayUs: 612.25,
          lastHeard: '2026-11-24T03:05:54.123456Z',
          tzdb: '2026b',
        },
        {
          node: 'b',
          verdict: 'silent',
          offsetUs: null,
          uncertaintyUs: null,
          delayUs: null,
          lastHeard: null,
          tzdb: null,
        },
      ],
    });
  });
});
