/** The time: as the line of the program this service grew from, and as a reading of the clock. */
import * as z from 'zod';

import { answerJson, answerText, NO_STORE, type Answer } from './answer.ts';
import { clockReadingSchemas, encodeClockReading } from './clock-reading.ts';
import { answerSchema, defineRoute, type Route } from './route.ts';
import { localTypeSchemas, offsetSchema, tzdbSchema, zoneNameSchema } from './shared-answers.ts';
import { zoneParameter } from './shared-parameters.ts';
import type { Clock, ClockReading } from '../clock/clock.ts';
import { formatPlainTime, readZone, type ZoneReading } from '../zones/reading.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import { MOST_ZONES, type Zone } from '../zones/zone.ts';

export function timeRoutes(clock: Clock, defaultZone: Zone): Route[] {
  return [
    defineRoute({
      path: '/time',
      summary: 'The time as one line of text.',
      tag: 'Time',
      pathParameters: {},
      queryParameters: { zone: zoneParameter.optional() },
      produces: ['text/plain', 'application/json'],
      answers: () => ({
        'text/plain': z.string().meta({ example: 'Current time: 2026-11-24 04:05:54' }),
        'application/json': readingSchema(),
      }),
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
      tag: 'Time',
      pathParameters: {},
      queryParameters: { zone: z.array(zoneParameter).max(MOST_ZONES).optional() },
      produces: ['application/json'],
      answers: () => ({ 'application/json': readingSchema() }),
      handle: ({ query }) => answerReading(clock.now(), query.zone ?? [defaultZone], NO_STORE),
    }),
  ];
}

/** A zone's reading, wherever an answer holds one. */
export const zoneReadingSchema = answerSchema(() =>
  z
    .object({
      zone: zoneNameSchema(),
      local: z.string().meta({
        description: 'The time on the clocks of the zone, as RFC 9557 has it.',
        example: '2026-11-24T04:05:54.123456+01:00[Europe/Paris]',
      }),
      offset: offsetSchema('How far the zone is from UTC, east positive.'),
      ...localTypeSchemas(),
    })
    .meta({ id: 'ZoneReading' }),
);

const readingSchema = answerSchema(() =>
  z
    .object({
      ...clockReadingSchemas(),
      tzdb: tzdbSchema(),
      zones: z.array(zoneReadingSchema()),
    })
    .meta({ id: 'Reading' }),
);

/** Caches must know that `/time` has two forms. */
const VARIED = [...NO_STORE, 'Vary', 'Accept'] as const;

function answerReading(reading: ClockReading, zones: readonly Zone[], headers: readonly string[]): Answer {
  const answer: z.input<ReturnType<typeof readingSchema>> = {
    ...encodeClockReading(reading),
    tzdb: TZDB_VERSION,
    zones: zones.map((zone) => encodeReading(readZone(zone, reading.epochNs))),
  };
  return answerJson(answer, headers);
}

/** A zone's reading as JSON has it, wherever an answer holds one. */
export function encodeReading({
  zone,
  local,
  offset,
  abbreviation,
  dst,
  standardOffset,
}: ZoneReading): z.input<ReturnType<typeof zoneReadingSchema>> {
  return { zone: zone.id, local, offset, abbreviation, dst, standardOffset };
}
