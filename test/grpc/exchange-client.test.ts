import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { status } from '@grpc/grpc-js';

import { openGrpc } from './service.ts';
import { NO_PEERS } from '../../app/clock/peer-report.ts';
import { clockService } from '../../app/grpc/clock-service.ts';
import { ExchangeClient } from '../../app/grpc/exchange-client.ts';
import { stillClock } from '../http/service.ts';

/** A way to a server on which connections that are there can be made to lose everything. */
async function openWay(port: number) {
  let ways: Socket[] = [];
  const listener = createServer((socket) => {
    const onward = connect(port, '127.0.0.1');
    for (const one of [socket, onward]) one.on('error', () => {});
    socket.pipe(onward).pipe(socket);
    ways.push(socket, onward);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    address: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    loseAll() {
      for (const socket of ways) socket.unpipe().resume();
    },
    [Symbol.dispose]() {
      for (const socket of ways) socket.destroy();
      ways = [];
      listener.close();
    },
  };
}

describe('an exchange with a peer', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());

  /** Lets time pass, and in each piece of it the turns that a packet to this machine takes. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      mock.timers.tick(100);
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
  };

  it('goes over a new connection 25 s after the old one was cut without a word', async () => {
    await using server = await openGrpc([clockService(stillClock, () => NO_PEERS)]);
    using way = await openWay(server.server.port);
    using client = new ExchangeClient(way.address);
    await client.exchange();
    way.loseAll();
    const lost = assert.rejects(client.exchange(), { code: status.DEADLINE_EXCEEDED });
    for (let round = 0; round < 5; round++) {
      await pass(5000);
      void client.exchange().catch(() => {});
    }
    await lost;
    await client.exchange();
  });
});
