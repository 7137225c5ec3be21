import assert from 'node:assert/strict';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { mock } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { startPeerLoop, type PeerLoopOptions } from '../../app/peers/peer-loop.ts';
import { PeerWatch } from '../../app/peers/peer-watch.ts';
import { ConsulServer } from '../registry/consul-server.ts';

const OWN = { ownId: 'me', ownPort: 12 };

/** A watch over peers that answer, and the loop that keeps it going. */
function openLoop(options: Pick<PeerLoopOptions, 'source' | 'registry'>) {
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
  const loop = startPeerLoop(watch, {
    ...options,
    ...OWN,
    onDiscoveryFailure: (error) => assert.fail(error as Error),
  });
  return {
    watch,
    open,
    /** The nodes of the peers, once there are any. */
    async listNodes() {
      while (open.length === 0) await turn();
      return watch.report().peers.map(({ node }) => node);
    },
    [Symbol.dispose]: () => loop[Symbol.dispose](),
  };
}

const listOf = (host: string) => ({
  source: { kind: 'list' as const, hosts: [11, 12, 13].map((port) => ({ host, port })) },
});

describe('the loop over peers', () => {
  it('leaves out its own instance, and asks nobody once it is ended', async () => {
    const loop = openLoop(listOf('127.0.0.1'));
    assert.deepEqual(await loop.listNodes(), ['127.0.0.1:11', '127.0.0.1:13']);
    loop[Symbol.dispose]();
    assert.deepEqual(loop.open, []);
    assert.deepEqual(loop.watch.report().peers, []);
  });

  it('knows its own instance by an address that the machine has got since the start', async () => {
    using loop = openLoop(listOf('192.0.2.1'));
    const added = { test: [{ address: '192.0.2.1' }] as os.NetworkInterfaceInfo[] };
    const { mock: mocked } = mock.method(os, 'networkInterfaces', () => added);
    syncBuiltinESMExports();
    const nodes = await loop.listNodes();
    mocked.restore();
    syncBuiltinESMExports();
    assert.deepEqual(nodes, ['192.0.2.1:11', '192.0.2.1:13']);
  });

  it('knows its own instance in a registry by its id, under whatever address it is there', async () => {
    await using server = await ConsulServer.open();
    for (const [id, address] of [
      ['me', '192.0.2.1'],
      ['other', '192.0.2.2'],
    ]) {
      const definition = {
        ID: id,
        Name: 'time-service',
        Address: address,
        Meta: { 'grpc-port': '12' },
        Check: { CheckID: `service:${id}`, TTL: '15s', Status: 'passing' },
      };
      const body = JSON.stringify(definition);
      await fetch(`${server.url}/v1/agent/service/register`, { method: 'PUT', body });
    }
    const registry = { kind: 'consul' as const, url: server.url, readToken: async () => undefined };
    using loop = openLoop({ source: { kind: 'registry' }, registry });
    assert.deepEqual(await loop.listNodes(), ['other']);
  });
});
