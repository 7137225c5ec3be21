import assert from 'node:assert/strict';

import { openService, partsOver, type TestService } from './service.ts';
import { apiRoutes } from '../../app/http/api.ts';
import { Machine, MS, SECOND } from '../clock/machine.ts';

/** A service over a machine whose clocks a test moves. */
async function openOver(machine: Machine, references: string[] = []) {
  const clock = machine.openClock({ floorNs: MS, references });
  const service = await openService({ routes: apiRoutes(partsOver(clock)) });
  const get = async (path: string) => (await fetch(service.url + path)).json() as Promise<Record<string, unknown>>;
  return { clock, get, service, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

describe('GET /v1/clock', () => {
  it('tells the reading, the sources, the steps and the kernel’s own numbers', async () => {
    const machine = new Machine();
    machine.trueNs += 123_456_000n;
    await using over = await openOver(machine, ['time.example.com']);
    const offsetNs = machine.trueNs - machine.monotonicNs;
    over.clock.addAnswer('time.example.com', {
      askedAtNs: machine.monotonicNs,
      answeredAtNs: machine.monotonicNs,
      interval: { lowNs: offsetNs - 500_000n, highNs: offsetNs + 1_500_000n },
      leap: 'none',
    });
    over.clock.sample();
    assert.deepEqual(await over.get('/v1/clock'), {
      instant: '2026-11-24T03:05:54.123456Z',
      unixMs: 1_795_489_554_123,
      earliest: '2026-11-24T03:05:54.122956Z',
      latest: '2026-11-24T03:05:54.124956Z',
      clock: { state: 'synchronized', boundUs: 1500 },
      leap: 'none',
      steps: { forward: 0, backward: 0, last: null },
      sources: [
        { name: 'kernel', verdict: 'agrees', offsetUs: { low: -3000, high: 3000 } },
        { name: 'time.example.com', verdict: 'agrees', offsetUs: { low: -500, high: 1500 } },
      ],
      kernel: {
        maxErrorUs: 2000,
        estimatedErrorUs: 1000,
        offsetUs: 0,
        frequencyPpm: 0,
        status: 8193,
        unsynchronized: false,
        leap: 'none',
        taiOffsetS: 37,
      },
    });
  });

  it('tells of a step', async () => {
    const machine = new Machine();
    await using over = await openOver(machine);
    machine.wallErrorNs = -2n * SECOND;
    const { steps } = await over.get('/v1/clock');
    assert.deepEqual(steps, {
      forward: 0,
      backward: 1,
      last: { number: 1, sizeUs: -2_000_000, found: '2026-11-24T03:05:52.000000Z' },
    });
  });

  it('has no kernel where none can be asked', async () => {
    await using service = await openService();
    const { kernel, clock } = (await (await fetch(`${service.url}/v1/clock`)).json()) as Record<string, unknown>;
    assert.equal(kernel, null);
    assert.deepEqual(clock, { state: 'unknown', boundUs: null });
  });
});

describe('GET /v1/time', () => {
  it('gives the interval of the clock', async () => {
    await using over = await openOver(new Machine());
    const { earliest, latest, clock } = await over.get('/v1/time');
    assert.equal(earliest, '2026-11-24T03:05:53.997000Z');
    assert.equal(latest, '2026-11-24T03:05:54.003000Z');
    assert.deepEqual(clock, { state: 'synchronized', boundUs: 3000 });
  });
});

describe('GET /v1/exchange', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  it('answers the caller’s timestamp with its own, and with what they are worth', async () => {
    const response = await fetch(`${service.url}/v1/exchange?t1=2026-11-24T04:05:54.120%2B01:00`);
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await response.json(), {
      t1: '2026-11-24T03:05:54.120000Z',
      t2: '2026-11-24T03:05:54.123456Z',
      t3: '2026-11-24T03:05:54.123456Z',
      earliest: null,
      latest: null,
      clock: { state: 'unknown', boundUs: null },
    });
  });

  it('wants the caller’s timestamp', async () => {
    const response = await fetch(`${service.url}/v1/exchange`);
    assert.equal(response.status, 400);
    assert.match(await response.text(), /t1: Expected a value/);
  });
});
