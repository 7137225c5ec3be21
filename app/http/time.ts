/** The time: as the line of the program this service grew from, and as a reading of the clock. */
import * as z from 'zod';

import { answerJson, answerText, NO_STORE, type Answer } from './answer.ts';
import { defineRoute, type Route } from './route.ts';
import { zoneParameter } from './shared-parameters.ts';
import type { Clock, ClockReading } from '../clock/clock.ts';
import { formatInstant, toEpochMs } from '../zones/instant.ts';
import { formatPlainTime, readZone, type ZoneReading } from '../zones/reading.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import type { Zone } from '../zones/zone.ts';

/** How many zones one request may ask for. */
const MOST_ZONES = 50;

export function timeRoutes(clock: Clock, defaultZone: Zone): Route[] {
  return [
    defineRoute({
      path: '/time',
      summary: 'The time as one line of text.',
      pathParameters: {},
      queryParameters: { zone: zoneParameter.optional() },
      produces: ['text/plain', 'application/json'],
      handle: ({ query, type }) => {
        const zone = query.zone ?? defaultZone;
        const reading = clock.now();
        return type === 'application/json'
          ? answerReading(reading, [zone], VARIED)
          : answerText(`Current time: ${formatPlainTime(zone, reading.epochNs)}`, VARIED);
      },
    }),
    defineRoute({
      path: '/v1/time',
      summary: 'One reading of the clock, as it is in each of the zones.',
      pathParameters: {},
      queryParameters: { zone: z.array(zoneParameter).max(MOST_ZONES).optional() },
      produces: ['application/json'],
      handle: ({ query }) => answerReading(clock.now(), query.zone ?? [defaultZone], NO_STORE),
    }),
  ];
}

/** Caches must know that `/time` has two forms. */
const VARIED = [...NO_STORE, 'Vary', 'Accept'] as const;

function answerReading(reading: ClockReading, zones: readonly Zone[], headers: readonly string[]): Answer {
  const { epochNs, state, boundNs, earliestNs, latestNs } = reading;
  return answerJson(
    {
      instant: formatInstant(epochNs),
      unixMs: toEpochMs(epochNs),
      earliest: earliestNs === null ? null : formatInstant(earliestNs),
      latest: latestNs === null ? null : formatInstant(latestNs),
      clock: { state, boundUs: boundNs === null ? null : Number(boundNs) / 1000 },
      tzdb: TZDB_VERSION,
      zones: zones.map((zone) => encodeReading(readZone(zone, epochNs))),
    },
    headers,
  );
}

/** A zone's reading as JSON has it, wherever an answer holds one. */
export function encodeReading({ zone, local, offset, abbreviation, dst, standardOffset }: ZoneReading) {
  return { zone: zone.id, local, offset, abbreviation, dst, standardOffset };
}
