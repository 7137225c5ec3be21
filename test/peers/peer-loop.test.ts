import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import { startPeerLoop } from '../../app/peers/peer-loop.ts';
import { PeerWatch } from '../../app/peers/peer-watch.ts';

describe('the loop over peers', () => {
  it('leaves out its own instance, and asks nobody once it is ended', async () => {
    const open: string[] = [];
    const watch = new PeerWatch({
      time: { wallNs: () => 0n, monotonicNs: () => 0n },
      toleranceNs: 0n,
      connect: ({ port }) => {
        open.push(String(port));
        return { exchange: async () => ({ t2Ns: 0n, t3Ns: 0n, tzdb: null }), [Symbol.dispose]: () => void open.pop() };
      },
      onChange() {},
    });
    const hosts = [11, 12, 13].map((port) => ({ host: '127.0.0.1', port }));
    const loop = startPeerLoop(watch, {
      source: { kind: 'list', hosts },
      ownPort: 12,
      onDiscoveryFailure: (error) => assert.fail(error as Error),
    });
    while (open.length < 2) await turn();
    assert.deepEqual(
      watch.report().peers.map(({ node }) => node),
      ['127.0.0.1:11', '127.0.0.1:13'],
    );
    loop[Symbol.dispose]();
    assert.deepEqual(open, []);
    assert.deepEqual(watch.report().peers, []);
  });
});
