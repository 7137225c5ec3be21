import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { grpcClients } from './grpc-clients.ts';
import { httpClients, type HttpClientsPlan } from './http-clients.ts';
import { Load, type LoadPlan } from './load.ts';
import { openServer } from './servers.ts';
import { openGrpc } from '../grpc/service.ts';

const answer: RequestListener = (_, response) => response.end('now');

function plan(
  url: string,
  { keepAlive = 2, fresh = 0, endpoint, ...rest }: Partial<LoadPlan & HttpClientsPlan> = {},
): LoadPlan {
  const clients = httpClients({ url, keepAlive, fresh, ...(endpoint && { endpoint }) });
  return { clients, maxRequests: 100, maxSeconds: 10, ...rest };
}

describe('a load', () => {
  it('counts each answer under its status, and takes all but 2xx for failures', async () => {
    let requests = 0;
    await using server = await openServer((_, response) => response.writeHead(++requests % 4 ? 200 : 503).end());
    const report = await new Load(plan(server.url)).report;
    assert.equal(report.requests, 100);
    assert.deepEqual(report.answers, { 200: 75, 503: 25 });
    assert.equal(report.failed, 25);
  });

  it('counts each connection that a server resets under a request, and asks no second time', async () => {
    let requests = 0;
    await using server = await openServer((request, response) => {
      if (++requests % 10 === 0) request.socket.resetAndDestroy();
      else response.end('now');
    });
    const report = await new Load(plan(server.url)).report;
    assert.equal(requests, 100);
    assert.deepEqual(report.answers, { 200: 90 });
    assert.deepEqual(report.errors, { ECONNRESET: 10 });
    assert.equal(report.failed, 10);
  });

  it('takes an answer that breaks off for an error', async () => {
    await using server = await openServer((_, response) => {
      response.writeHead(200, { 'Content-Length': 10 });
      response.write('now', () => response.destroy());
    });
    const report = await new Load(plan(server.url)).report;
    assert.deepEqual(report.errors, { ECONNRESET: 100 });
  });

  it('counts refused connections', async () => {
    const server = await openServer(answer);
    await server[Symbol.asyncDispose]();
    const report = await new Load(plan(server.url)).report;
    assert.deepEqual(report.errors, { ECONNREFUSED: 100 });
    assert.deepEqual(report.answers, {});
  });

  it('gives up a request that nobody answers', async () => {
    await using server = await openServer(() => {});
    const report = await new Load(plan(server.url, { maxRequests: 2 })).report;
    assert.deepEqual(report.errors, { TIMEOUT: 2 });
    assert.ok(report.longestGapMs >= 5000, String(report.longestGapMs));
  });

  it('keeps one connection a client, and opens one a request where asked to', async () => {
    await using server = await openServer(answer);
    let opened = 0;
    server.server.on('connection', () => (opened += 1));
    const kept = await new Load(plan(server.url, { keepAlive: 5 })).report;
    assert.equal(kept.connections, 5);
    assert.equal(opened, 5);
    const fresh = await new Load(plan(server.url, { keepAlive: 0, fresh: 2 })).report;
    assert.equal(fresh.connections, 100);
    assert.equal(opened, 105);
  });

  it('opens new connections where the endpoint says, and leaves those that are open', async () => {
    const asked = { first: 0, second: 0 };
    await using first = await openServer((_, response) => response.end(String((asked.first += 1))));
    await using second = await openServer((_, response) => response.end(String((asked.second += 1))));
    let opened = 0;
    second.server.on('connection', () => (opened += 1));
    let endpoint = first;
    const load = new Load(plan(first.url, { fresh: 1, ratePerSecond: 300, endpoint: () => endpoint }));
    while (load.ended < 30) await delay(1);
    endpoint = second;
    const { failed } = await load.report;
    assert.equal(failed, 0);
    // Only the client that opens a connection each time went over.
    assert.ok(opened >= 10, String(opened));
    assert.equal(asked.second, opened);
    assert.equal(asked.first + asked.second, 100);
  });

  it('ends in time, and when it is told to', async () => {
    await using server = await openServer(answer);
    const timed = await new Load(plan(server.url, { maxRequests: 1e9, maxSeconds: 0.2 })).report;
    assert.ok(timed.durationMs >= 200);
    const told = new Load(plan(server.url, { maxRequests: 1e9, maxSeconds: 1e6 }));
    while (told.ended < 10) await delay(1);
    assert.equal((await told.stop()).failed, 0);
  });

  it('ends in time where the server has fallen behind the rate', async () => {
    await using server = await openServer((_, response) => void setTimeout(() => response.end('now'), 20));
    const report = await new Load(plan(server.url, { ratePerSecond: 10_000, maxRequests: 1e9, maxSeconds: 0.5 }))
      .report;
    // Two clients had five thousand requests to send, of which they may have sent fifty.
    assert.ok(report.requests <= 60, String(report.requests));
    assert.ok(report.latencyMs.max >= 300, JSON.stringify(report.latencyMs));
  });

  it('sends at its rate, and counts what a stall held up from when it was due', async () => {
    let requests = 0;
    await using server = await openServer((_, response) => {
      // All clients wait for the same moment, half-way through.
      if (++requests === 50) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      response.end('now');
    });
    const report = await new Load(plan(server.url, { ratePerSecond: 100, maxRequests: 100 })).report;
    assert.equal(report.failed, 0);
    assert.ok(report.durationMs >= 950, String(report.durationMs));
    assert.ok(report.longestGapMs >= 500, String(report.longestGapMs));
  });

  it('sees a stall in the percentiles of a closed loop, though few requests met it', async () => {
    let requests = 0;
    await using server = await openServer((_, response) => {
      if (++requests === 90) setTimeout(() => response.end('now'), 500);
      else response.end('now');
    });
    const report = await new Load(plan(server.url, { keepAlive: 1 })).report;
    // One request in a hundred was slow; a steady client would have sent most of its requests into the stall.
    assert.ok(report.latencyMs.p90 >= 100, JSON.stringify(report.latencyMs));
  });

  it('calls over gRPC too, and counts errors by status and reason', async () => {
    await using server = await openGrpc();
    const callers = () => grpcClients({ target: server.address, callers: 3, serviceConfig: '{}' });
    const well = await new Load({ clients: callers(), maxRequests: 30, maxSeconds: 10 }).report;
    assert.deepEqual([well.answers, well.failed], [{ OK: 30 }, 0]);
    await server[Symbol.asyncDispose]();
    const ill = await new Load({ clients: callers(), maxRequests: 30, maxSeconds: 10 }).report;
    assert.equal(ill.failed, 30);
    assert.match(Object.keys(ill.errors).join(), /^UNAVAILABLE \(.*ECONNREFUSED …/);
  });

  it('goes nowhere but to this machine', () => {
    assert.throws(() => new Load(plan('http://192.0.2.1/time')), /Expected a target on the loopback interface/);
    assert.throws(() => new Load(plan('http://127.0.0.1.example.com/')), /Expected a target on the loopback interface/);
    const away = { target: 'dns:///192.0.2.1:50051', callers: 1, serviceConfig: '{}' };
    assert.throws(() => grpcClients(away), /Expected a target on the loopback interface/);
  });
});
