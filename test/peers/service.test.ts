import assert from 'node:assert/strict';

import { clockService, type ReportingClock } from '../../app/grpc/clock-service.ts';
import { NO_PEERS } from '../../app/clock/peer-report.ts';
import type { PeersAnswer } from '../../app/http/peers.ts';
import { openBareClock } from '../clock/machine.ts';
import { openGrpc } from '../grpc/service.ts';
import { startService } from '../service-process.ts';

function skewedClock(skewNs: bigint): ReportingClock {
  const clock = openBareClock();
  return {
    now: () => {
      const reading = clock.now();
      return { ...reading, epochNs: reading.epochNs + skewNs };
    },
    report: () => assert.fail('asked for more than the time'),
  };
}

describe('a process with peers', () => {
  it('reports who is ahead, who is behind, who agrees and who is silent, by HTTP and in its metrics and its log', async () => {
    // More than any delay can hide.
    const skews = [60_000, -60_000, 0];
    const servers = await Promise.all(
      skews.map((ms) => openGrpc([clockService(skewedClock(BigInt(ms) * 1_000_000n), () => NO_PEERS)])),
    );
    await using stack = new AsyncDisposableStack();
    for (const server of servers) stack.use(server);
    // Nobody listens on the last one.
    const addresses = [...servers.map(({ address }) => address), '127.0.0.1:1'];
    await using service = await startService({ PEERS: addresses.join(), PEER_TOLERANCE_MS: '150' });

    let answer: PeersAnswer;
    do {
      answer = (await (await fetch(`http://127.0.0.1:${service.httpPort}/v1/peers`)).json()) as PeersAnswer;
    } while (answer.peers.filter(({ verdict }) => verdict !== 'silent').length < 3);
    assert.equal(answer.toleranceUs, 150_000);
    assert.equal(answer.outvoted, false);
    const byNode = new Map(answer.peers.map((peer) => [peer.node, peer]));
    const inOrder = addresses.map((address) => byNode.get(address)!);
    assert.deepEqual(
      inOrder.map(({ verdict }) => verdict),
      ['ahead', 'behind', 'agrees', 'silent'],
    );
    for (const [at, ms] of skews.entries()) {
      const { offsetUs, uncertaintyUs } = inOrder[at]!;
      assert.ok(Math.abs(offsetUs! - ms * 1000) <= uncertaintyUs!, JSON.stringify(inOrder[at]));
    }
    assert.equal(inOrder[3]!.offsetUs, null);
    const tzdb = process.versions['tz'];
    assert.deepEqual(
      inOrder.map((peer) => peer.tzdb),
      [tzdb, tzdb, tzdb, null],
    );

    const metrics = await (await fetch(`http://127.0.0.1:${service.adminPort}/metrics`)).text();
    const offset = new RegExp(`^time_service_peer_offset_seconds\\{node="${addresses[1]}"\\} -(59|60)\\.\\d+$`, 'm');
    assert.match(metrics, offset);
    assert.equal(metrics.match(/^time_service_peer_uncertainty_seconds\{/gm)?.length, 3);
    assert.deepEqual(
      metrics.match(/(?<=^time_service_peer_silent\{node=")[^"]+"\} \d/gm)?.toSorted(),
      addresses.map((address, at) => `${address}"} ${at === 3 ? 1 : 0}`).toSorted(),
    );
    assert.match(metrics, /^time_service_peer_exchanges_total\{result="answered"\} \d+$/m);
    assert.match(metrics, /^time_service_outvoted 0$/m);
    assert.match(await (await fetch(`http://127.0.0.1:${service.adminPort}/readyz?verbose`)).text(), /\[\+\] peers ok/);
    await service.logged(`"node":"${addresses[0]}","verdict":"ahead"`);
  });
});
