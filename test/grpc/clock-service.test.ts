import assert from 'node:assert/strict';

import { toJson } from '@bufbuild/protobuf';
import { status, type ServiceError } from '@grpc/grpc-js';

import { blamedFields, openGrpc, TestClient } from './service.ts';
import type { ClockReport } from '../../app/clock/honest-clock.ts';
import type { PeersReport } from '../../app/clock/peer-report.ts';
import { clockService, type ReportingClock } from '../../app/grpc/clock-service.ts';
import {
  ClockService,
  ClockState,
  GetClockResponseSchema,
  ListPeersResponseSchema,
} from '../../app/grpc/generated/time/v1/time_pb.js';

const { getClock, exchange, listPeers } = ClockService.method;

const REPORT: ClockReport = {
  reading: {
    epochNs: 1_795_489_554_123_456_789n,
    state: 'free-running',
    boundNs: 1_500_000_000n,
    earliestNs: 1_795_489_552_623_456_789n,
    latestNs: 1_795_489_555_023_456_789n,
  },
  kernel: {
    maxErrorNs: 16_000_000_000n,
    estimatedErrorNs: 4000n,
    offsetNs: -1_250_000_000n,
    frequencyPpm: -12.5,
    status: 8193,
    isUnsynchronized: false,
    leap: 'insert',
    taiOffsetS: 37,
  },
  leap: 'delete',
  sources: [
    { name: 'kernel', verdict: 'agrees', offsetNs: { lowNs: -5n, highNs: 7n } },
    { name: 'ntp.example', verdict: 'contradicts', offsetNs: { lowNs: 3_000_000_000n, highNs: 4_000_000_001n } },
    { name: 'smear.example', verdict: 'smeared', offsetNs: null },
    { name: 'gone.example', verdict: 'silent', offsetNs: null },
  ],
  steps: { forward: 2, backward: 1, last: { sizeNs: -3_600_000_000_001n, foundAtNs: 0n, number: 3 } },
};

const PEERS: PeersReport = {
  toleranceNs: 100_000_000n,
  isOutvoted: true,
  peers: [
    {
      node: 'a',
      verdict: 'behind',
      offset: { offsetNs: -1_250_000_000n, uncertaintyNs: 1500n, delayNs: 3000n },
      lastHeardNs: 0n,
      tzdb: '2026b',
    },
    { node: 'b', verdict: 'silent', offset: null, lastHeardNs: null, tzdb: null },
  ],
};

function clockWith(report: ClockReport): ReportingClock {
  return { now: () => report.reading, report: () => report };
}

describe('ClockService', () => {
  it('says all that is known of the clock', async () => {
    await using server = await openGrpc([clockService(clockWith(REPORT), () => PEERS)]);
    using client = new TestClient(server.address);
    assert.deepEqual(toJson(GetClockResponseSchema, await client.call(getClock, {})), {
      instant: '2026-11-24T03:05:54.123456789Z',
      earliest: '2026-11-24T03:05:52.623456789Z',
      latest: '2026-11-24T03:05:55.023456789Z',
      clock: { state: 'CLOCK_STATE_FREE_RUNNING', bound: '1.500s' },
      kernel: {
        maxError: '16s',
        estimatedError: '0.000004s',
        offset: '-1.250s',
        frequencyPpm: -12.5,
        status: 8193,
        leap: 'LEAP_SECOND_INSERT',
        taiOffsetSeconds: 37,
      },
      leap: 'LEAP_SECOND_DELETE',
      sources: [
        { name: 'kernel', verdict: 'SOURCE_VERDICT_AGREES', offsetLow: '-0.000000005s', offsetHigh: '0.000000007s' },
        { name: 'ntp.example', verdict: 'SOURCE_VERDICT_CONTRADICTS', offsetLow: '3s', offsetHigh: '4.000000001s' },
        { name: 'smear.example', verdict: 'SOURCE_VERDICT_SMEARED' },
        { name: 'gone.example', verdict: 'SOURCE_VERDICT_SILENT' },
      ],
      steps: {
        forward: 2,
        backward: 1,
        last: { size: '-3600.000000001s', foundAt: '1970-01-01T00:00:00Z', number: 3 },
      },
    });
  });

  it('leaves out what is not known', async () => {
    const reading = { ...REPORT.reading, state: 'unknown' as const, boundNs: null, earliestNs: null, latestNs: null };
    const steps = { forward: 0, backward: 0, last: null };
    const report: ClockReport = { reading, kernel: null, leap: 'none', sources: [], steps };
    await using server = await openGrpc([clockService(clockWith(report), () => PEERS)]);
    using client = new TestClient(server.address);
    assert.deepEqual(toJson(GetClockResponseSchema, await client.call(getClock, {})), {
      instant: '2026-11-24T03:05:54.123456789Z',
      clock: { state: 'CLOCK_STATE_UNKNOWN' },
      leap: 'LEAP_SECOND_NONE',
      steps: {},
    });
  });

  it('exchanges timestamps: the caller’s comes back, and the server’s lie between question and answer', async () => {
    await using server = await openGrpc([clockService(clockWith(REPORT), () => PEERS)]);
    using client = new TestClient(server.address);
    const { t1, t2, t3, clock, tzdb } = await client.call(exchange, { t1: { seconds: -5n, nanos: 999_999_999 } });
    assert.deepEqual([t1?.seconds, t1?.nanos], [-5n, 999_999_999]);
    for (const sent of [t2, t3]) assert.deepEqual([sent?.seconds, sent?.nanos], [1_795_489_554n, 123_456_789]);
    assert.equal(clock?.state, ClockState.FREE_RUNNING);
    assert.equal(tzdb, process.versions['tz']);
  });

  it('exchanges timestamps with a caller who sends none', async () => {
    await using server = await openGrpc([clockService(clockWith(REPORT), () => PEERS)]);
    using client = new TestClient(server.address);
    assert.equal((await client.call(exchange, {})).t1, undefined);
  });

  it('refuses a timestamp that is none', async () => {
    await using server = await openGrpc([clockService(clockWith(REPORT), () => PEERS)]);
    using client = new TestClient(server.address);
    await assert.rejects(client.call(exchange, { t1: { nanos: -1 } }), (error: ServiceError) => {
      assert.equal(error.code, status.INVALID_ARGUMENT);
      assert.deepEqual(blamedFields(error), ['t1']);
      return true;
    });
  });

  it('tells of the peers, and leaves out what is not known of them', async () => {
    await using server = await openGrpc([clockService(clockWith(REPORT), () => PEERS)]);
    using client = new TestClient(server.address);
    assert.deepEqual(toJson(ListPeersResponseSchema, await client.call(listPeers, {})), {
      peers: [
        {
          node: 'a',
          verdict: 'PEER_VERDICT_BEHIND',
          offset: '-1.250s',
          uncertainty: '0.000001500s',
          delay: '0.000003s',
          lastHeard: '1970-01-01T00:00:00Z',
          tzdb: '2026b',
        },
        { node: 'b', verdict: 'PEER_VERDICT_SILENT' },
      ],
      tolerance: '0.100s',
      outvoted: true,
      tzdb: process.versions['tz'],
    });
  });
});
