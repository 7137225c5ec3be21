/** A reading of the clock as JSON has it, wherever an answer holds one. */
import * as z from 'zod';

import { instantSchema } from './shared-answers.ts';
import type { ClockReading } from '../clock/clock.ts';
import { formatInstant, toEpochMs } from '../zones/instant.ts';

/** The fields of a reading, for the schema of an answer. */
export const clockReadingSchemas = () => ({
  instant: instantSchema('The time by the clock of the machine, in UTC.'),
  unixMs: z.int().meta({ description: 'The same, in milliseconds since 1970.', example: 1_795_489_554_123 }),
  earliest: instantSchema(
    'True time is not before; null where no bound is known.',
    '2026-11-24T03:05:54.121456Z',
  ).nullable(),
  latest: instantSchema(
    'True time is not after; null where no bound is known.',
    '2026-11-24T03:05:54.125456Z',
  ).nullable(),
  clock: z.object({
    state: z.enum(['synchronized', 'free-running', 'unsynchronized', 'unknown']),
    boundUs: z
      .number()
      .meta({ description: 'How far true time can be from the instant, in microseconds.', example: 2000 })
      .nullable(),
  }),
});

export function encodeClockReading({ epochNs, state, boundNs, earliestNs, latestNs }: ClockReading) {
  return {
    instant: formatInstant(epochNs),
    unixMs: toEpochMs(epochNs),
    earliest: earliestNs === null ? null : formatInstant(earliestNs),
    latest: latestNs === null ? null : formatInstant(latestNs),
    clock: { state, boundUs: boundNs === null ? null : Number(boundNs) / 1000 },
  };
}
