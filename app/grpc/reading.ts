/** A reading of the clock, and what zones make of it, as messages. */
import type { MessageInitShape } from '@bufbuild/protobuf';

import {
  ClockState,
  type ClockSchema,
  type MomentSchema,
  type ReadingSchema,
  type ZoneReadingSchema,
} from './generated/time/v1/time_pb.js';
import { toDuration, toTimestamp } from './timestamp.ts';
import type { ClockReading } from '../clock/clock.ts';
import { readZone, type ZoneReading } from '../zones/reading.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import type { Zone } from '../zones/zone.ts';

const CLOCK_STATES = {
  synchronized: ClockState.SYNCHRONIZED,
  'free-running': ClockState.FREE_RUNNING,
  unsynchronized: ClockState.UNSYNCHRONIZED,
  unknown: ClockState.UNKNOWN,
} as const;

export function encodeReading(reading: ClockReading, zones: readonly Zone[]): MessageInitShape<typeof ReadingSchema> {
  return {
    ...encodeInterval(reading),
    tzdb: TZDB_VERSION,
    zones: zones.map((zone) => encodeZoneReading(readZone(zone, reading.epochNs))),
  };
}

/** What a reading of the clock says by itself. */
export function encodeInterval(reading: ClockReading) {
  const { epochNs, earliestNs, latestNs } = reading;
  return {
    instant: toTimestamp(epochNs),
    earliest: earliestNs === null ? undefined : toTimestamp(earliestNs),
    latest: latestNs === null ? undefined : toTimestamp(latestNs),
    clock: encodeClock(reading),
  };
}

export function encodeClock({ state, boundNs }: ClockReading): MessageInitShape<typeof ClockSchema> {
  return { state: CLOCK_STATES[state], bound: boundNs === null ? undefined : toDuration(boundNs) };
}

export function encodeZoneReading(reading: ZoneReading): MessageInitShape<typeof ZoneReadingSchema> {
  const { zone, local, offset, abbreviation, dst, standardOffset } = reading;
  return { zone: zone.id, local, offset, abbreviation, dst, standardOffset };
}

/** @throws ExpectationError for an instant that a Timestamp cannot hold */
export function encodeMoment(reading: ZoneReading): MessageInitShape<typeof MomentSchema> {
  return { instant: toTimestamp(reading.epochNs), reading: encodeZoneReading(reading) };
}
