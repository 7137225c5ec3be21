/** A reading of the clock, and what zones make of it, as messages. */
import type { MessageInitShape } from '@bufbuild/protobuf';

import {
  ClockState,
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
  const { epochNs, state, boundNs, earliestNs, latestNs } = reading;
  return {
    instant: toTimestamp(epochNs),
    ...(earliestNs === null ? undefined : { earliest: toTimestamp(earliestNs) }),
    ...(latestNs === null ? undefined : { latest: toTimestamp(latestNs) }),
    clock: { state: CLOCK_STATES[state], ...(boundNs === null ? undefined : { bound: toDuration(boundNs) }) },
    tzdb: TZDB_VERSION,
    zones: zones.map((zone) => encodeZoneReading(readZone(zone, epochNs))),
  };
}

export function encodeZoneReading({ zone, local, offset }: ZoneReading): MessageInitShape<typeof ZoneReadingSchema> {
  return { zone: zone.id, local, offset };
}

/** @throws ExpectationError for an instant that a Timestamp cannot hold */
export function encodeMoment(reading: ZoneReading): MessageInitShape<typeof MomentSchema> {
  return { instant: toTimestamp(reading.epochNs), reading: encodeZoneReading(reading) };
}
