/** The pieces that many answers share, each with one meaning everywhere. */
import * as z from 'zod';

import { TZDB_VERSION } from '../zones/tzdb.ts';

export const instantSchema = (description: string, example = '2026-11-24T03:05:54.123456Z') =>
  z.iso.datetime({ precision: 6 }).meta({ description, example });

export const offsetSchema = (description: string, example = '+01:00') => z.string().meta({ description, example });

export const zoneNameSchema = () =>
  z.string().meta({ description: 'The zone, its name in its proper case.', example: 'Europe/Paris' });

/** What a zone calls the time it keeps. */
export const localTypeSchemas = () => ({
  abbreviation: z.string().meta({ description: 'What the time is called there.', example: 'CET' }),
  dst: z.boolean().meta({ description: 'Whether it is daylight saving time.', example: false }),
  standardOffset: offsetSchema('The offset without daylight saving.'),
});

export const tzdbSchema = () =>
  z.string().meta({ description: 'The release of the tz database behind the answer.', example: TZDB_VERSION });
