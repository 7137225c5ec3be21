/** The ClockService: what the clock is worth, the four timestamps that tell how far it is from another, and its peers. */
import type { MessageInitShape } from '@bufbuild/protobuf';

import { readFields, readOptional } from './fields.ts';
import {
  ClockService,
  LeapSecond,
  PeerVerdict,
  SourceVerdict,
  type KernelSchema,
  type PeerSchema,
  type SourceSchema,
  type StepsSchema,
} from './generated/time/v1/time_pb.js';
import { encodeClock, encodeInterval } from './reading.ts';
import { defineService, type Service } from './service.ts';
import { fromTimestamp, toDuration, toTimestamp } from './timestamp.ts';
import type { Clock } from '../clock/clock.ts';
import type { ClockReport, SourceReport } from '../clock/honest-clock.ts';
import type { KernelReading } from '../clock/kernel.ts';
import type { PeerReport, PeersReport } from '../clock/peer-report.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';

const LEAP_SECONDS = { none: LeapSecond.NONE, insert: LeapSecond.INSERT, delete: LeapSecond.DELETE } as const;

const VERDICTS = {
  agrees: SourceVerdict.AGREES,
  contradicts: SourceVerdict.CONTRADICTS,
  smeared: SourceVerdict.SMEARED,
  silent: SourceVerdict.SILENT,
} as const;

const PEER_VERDICTS = {
  agrees: PeerVerdict.AGREES,
  ahead: PeerVerdict.AHEAD,
  behind: PeerVerdict.BEHIND,
  silent: PeerVerdict.SILENT,
} as const;

/** A clock that tells how it comes by its readings. */
export interface ReportingClock extends Clock {
  report(): ClockReport;
}

export function clockService(clock: ReportingClock, reportPeers: () => PeersReport): Service {
  return defineService(
    ClockService,
    {
      getClock() {
        const { reading, kernel, leap, sources, steps } = clock.report();
        return {
          ...encodeInterval(reading),
          ...(kernel && { kernel: encodeKernel(kernel) }),
          leap: LEAP_SECONDS[leap],
          sources: sources.map(encodeSource),
          steps: encodeSteps(steps),
        };
      },

      exchange(request) {
        // First of all. An arrival told late and a departure told early make the interval wider, and never wrong.
        const reading = clock.now();
        const { t1 } = readFields({ t1: () => readOptional(request.t1, fromTimestamp) });
        const now = toTimestamp(reading.epochNs);
        return {
          ...(t1 !== undefined && { t1: toTimestamp(t1) }),
          t2: now,
          t3: now,
          clock: encodeClock(reading),
          tzdb: TZDB_VERSION,
        };
      },

      listPeers() {
        const { peers, toleranceNs, isOutvoted } = reportPeers();
        return {
          peers: peers.map(encodePeer),
          tolerance: toDuration(toleranceNs),
          outvoted: isOutvoted,
          tzdb: TZDB_VERSION,
        };
      },
    },
    // What an exchange waits is uncertainty to whoever asks.
    { atOnce: ['exchange'] },
  );
}

function encodeKernel(reading: KernelReading): MessageInitShape<typeof KernelSchema> {
  return {
    maxError: toDuration(reading.maxErrorNs),
    estimatedError: toDuration(reading.estimatedErrorNs),
    offset: toDuration(reading.offsetNs),
    frequencyPpm: reading.frequencyPpm,
    status: reading.status,
    unsynchronized: reading.isUnsynchronized,
    leap: LEAP_SECONDS[reading.leap],
    taiOffsetSeconds: reading.taiOffsetS,
  };
}

function encodeSource({ name, verdict, offsetNs }: SourceReport): MessageInitShape<typeof SourceSchema> {
  return {
    name,
    verdict: VERDICTS[verdict],
    ...(offsetNs && { offsetLow: toDuration(offsetNs.lowNs), offsetHigh: toDuration(offsetNs.highNs) }),
  };
}

function encodeSteps({ forward, backward, last }: ClockReport['steps']): MessageInitShape<typeof StepsSchema> {
  return {
    forward,
    backward,
    ...(last && {
      last: { size: toDuration(last.sizeNs), foundAt: toTimestamp(last.foundAtNs), number: last.number },
    }),
  };
}

function encodePeer({ node, verdict, offset, lastHeardNs, tzdb }: PeerReport): MessageInitShape<typeof PeerSchema> {
  return {
    node,
    verdict: PEER_VERDICTS[verdict],
    ...(offset && {
      offset: toDuration(offset.offsetNs),
      uncertainty: toDuration(offset.uncertaintyNs),
      delay: toDuration(offset.delayNs),
    }),
    ...(lastHeardNs !== null && { lastHeard: toTimestamp(lastHeardNs) }),
    tzdb: tzdb ?? '',
  };
}
