import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';

import type { PeerReport } from '../../app/clock/peer-report.ts';
import { MOST_PEERS, type Endpoint } from '../../app/peers/endpoint.ts';
import { PeerWatch, type PeerAnswer } from '../../app/peers/peer-watch.ts';

const S = 1_000_000_000n;

const pod = (node: string, address = `of-${node}`, isReady = true): Endpoint => ({ node, address, port: 1, isReady });

function openWatch(answer: (address: string) => Promise<PeerAnswer>) {
  const time = { now: 1000n * S, wallNs: () => time.now, monotonicNs: () => time.now };
  const open: string[] = [];
  const asked: string[] = [];
  const changes: PeerReport[] = [];
  const watch = new PeerWatch({
    time,
    toleranceNs: S / 10n,
    connect: ({ address }) => {
      open.push(address);
      return {
        exchange() {
          asked.push(address);
          return answer(address);
        },
        [Symbol.dispose]: () => void open.splice(open.indexOf(address), 1),
      };
    },
    onChange: (report) => changes.push(report),
  });
  const round = async () => {
    for (let count = 0; count < MOST_PEERS; count++) {
      watch.tick();
      await turn();
      time.now += S / 2n;
    }
  };
  return { watch, time, open, asked, changes, round };
}

describe('the watch over peers', () => {
  it('asks each peer once a round', async () => {
    const { watch, asked, round, time } = openWatch(async () => ({ t2Ns: time.now, t3Ns: time.now, tzdb: null }));
    watch.setPeers([pod('a'), pod('b')]);
    await round();
    assert.deepEqual(asked, ['of-a', 'of-b']);
    await round();
    assert.deepEqual(asked, ['of-a', 'of-b', 'of-a', 'of-b']);
    assert.deepEqual(watch.exchanges, { answered: 4, failed: 0 });
  });

  it('keeps connections to the peers that stay, and closes those to others', async () => {
    const { watch, open } = openWatch(async () => ({ t2Ns: 0n, t3Ns: 0n, tzdb: null }));
    watch.setPeers([pod('a'), pod('b'), pod('c')]);
    assert.deepEqual(open, ['of-a', 'of-b', 'of-c']);
    watch.setPeers([pod('c', 'of-c', false), pod('a', 'another'), pod('d')]);
    assert.deepEqual(open.toSorted(), ['another', 'of-c', 'of-d']);
    watch.setPeers([]);
    assert.deepEqual(open, []);
  });

  it('does not ask a peer again that has not yet answered', async () => {
    const { promise, resolve } = Promise.withResolvers<PeerAnswer>();
    const { watch, asked, round } = openWatch(() => promise);
    watch.setPeers([pod('a')]);
    await round();
    await round();
    assert.equal(asked.length, 1);
    resolve({ t2Ns: 0n, t3Ns: 0n, tzdb: null });
    await turn();
    await round();
    assert.equal(asked.length, 2);
  });

  it('counts what fails and what cannot be, and goes on', async () => {
    const { watch, round, time } = openWatch(async (address) => {
      if (address === 'of-a') throw new Error('refused');
      if (address === 'of-b') return { t2Ns: time.now, t3Ns: time.now - 1n, tzdb: null };
      return { t2Ns: time.now, t3Ns: time.now, tzdb: null };
    });
    watch.setPeers([pod('a'), pod('b'), pod('c')]);
    await round();
    assert.deepEqual(watch.exchanges, { answered: 1, failed: 2 });
    assert.deepEqual(
      watch.report().peers.map(({ node, verdict }) => [node, verdict]),
      [
        ['a', 'silent'],
        ['b', 'silent'],
        ['c', 'agrees'],
      ],
    );
  });

  it('tells once that a peer is ahead, and that its node is outvoted when most are', async () => {
    const { watch, round, time, changes } = openWatch(async () => ({
      t2Ns: time.now + S,
      t3Ns: time.now + S,
      tzdb: null,
    }));
    watch.setPeers([pod('a'), pod('b')]);
    await round();
    assert.deepEqual(
      changes.map(({ node, verdict }) => [node, verdict]),
      [
        ['a', 'ahead'],
        ['b', 'ahead'],
      ],
    );
    assert.equal(watch.report().isOutvoted, false);
    for (let count = 0; count < 6; count++) await round();
    assert.equal(watch.report().isOutvoted, true);
    assert.equal(changes.length, 2);
  });
});
