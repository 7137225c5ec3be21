/** Conversion between zones, and arithmetic with durations. */
import * as z from 'zod';

import { answerJson, NO_STORE } from './answer.ts';
import { ParameterError } from './problem.ts';
import { answerSchema, defineRoute, parameter, withExample, wordParameter, type Route } from './route.ts';
import { instantSchema, tzdbSchema } from './shared-answers.ts';
import { timeParameter, zoneParameter } from './shared-parameters.ts';
import { encodeReading, zoneReadingSchema } from './time.ts';
import {
  addDuration,
  isCalendarUnit,
  measureBetween,
  parseDuration,
  UNITS,
  type Difference,
  type Sum,
  type Unit,
} from '../zones/arithmetic.ts';
import { convertTime, DISAMBIGUATIONS, type Conversion, type Resolution } from '../zones/conversion.ts';
import { ExpectationError } from '../zones/expectation.ts';
import { formatInstant, parseTime } from '../zones/instant.ts';
import type { ZoneReading } from '../zones/reading.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import { MOST_ZONES, parseZone, type Zone } from '../zones/zone.ts';

const durationParameter = parameter(parseDuration, {
  description: 'An ISO 8601 duration, negative with a leading `-`.',
  example: 'P1M',
  format: 'duration',
});

export function conversionRoutes(defaultZone: Zone): Route[] {
  return [
    defineRoute({
      path: '/v1/convert',
      summary: 'A time of one zone on the clocks of others, gaps and overlaps told.',
      tag: 'Conversion',
      pathParameters: {},
      queryParameters: {
        time: timeParameter,
        from: zoneParameter.optional(),
        to: z.array(withExample(zoneParameter, 'Asia/Tokyo')).max(MOST_ZONES).optional(),
        disambiguation: wordParameter(DISAMBIGUATIONS, {
          description: 'Which reading of a local time in a gap or an overlap to take; `reject` refuses it.',
          example: 'later',
        }).optional(),
      },
      produces: ['application/json'],
      answers: () => ({ 'application/json': conversionSchema() }),
      handle: ({ query: { time, from = defaultZone, to = [defaultZone], disambiguation = 'compatible' } }) => {
        const conversion = convertTime(time, from, to, disambiguation);
        return answerJson(encodeConversion(conversion), NO_STORE);
      },
    }),
    defineRoute({
      path: '/v1/add',
      summary: 'The time a duration later, on the clocks of a zone.',
      tag: 'Conversion',
      pathParameters: {},
      queryParameters: {
        time: withExample(timeParameter, '2026-01-31T12:00:00'),
        zone: zoneParameter.optional(),
        duration: durationParameter,
      },
      produces: ['application/json'],
      answers: () => ({ 'application/json': sumSchema() }),
      handle: ({ query: { time, zone = defaultZone, duration } }) => {
        return answerJson(encodeSum(addDuration(time, zone, duration), duration), NO_STORE);
      },
    }),
    defineRoute({
      path: '/v1/between',
      summary: 'The time between two times, as a duration and as a number.',
      tag: 'Conversion',
      pathParameters: {},
      queryParameters: {
        from: withExample(timeParameter, '2026-03-28T12:00:00'),
        to: timeParameter.meta({ description: 'The end, written like the start.', example: '2026-03-29T12:00:00' }),
        unit: wordParameter(UNITS, {
          description: 'The largest unit of the duration; days and longer ones need a zone.',
          example: 'hours',
        }).optional(),
        zone: zoneParameter.optional(),
      },
      produces: ['application/json'],
      answers: () => ({ 'application/json': differenceSchema() }),
      handle: ({ query: { from, to, unit = 'hours', zone } }) => {
        if (zone === undefined && isCalendarUnit(unit)) {
          throw new ParameterError([{ parameter: 'zone', in: 'query', error: missingZone(unit) }]);
        }
        return answerJson(encodeDifference(measureBetween(from, to, zone ?? defaultZone, unit), unit), NO_STORE);
      },
    }),
  ];
}

const momentSchema = answerSchema(() =>
  zoneReadingSchema()
    .extend({ instant: instantSchema('The instant that this is.') })
    .meta({ id: 'Moment' }),
);

const resolutionSchema = answerSchema(() =>
  momentSchema()
    .extend({
      occurrence: z.enum(['unique', 'gap', 'overlap']).meta({
        description: 'How often the clocks of the zone show that time: once, never, or twice.',
      }),
      earlier: momentSchema().optional().meta({ description: 'In a gap or an overlap, the earlier reading of it.' }),
      later: momentSchema().optional().meta({ description: 'In a gap or an overlap, the later reading of it.' }),
    })
    .meta({ id: 'Resolution' }),
);

const conversionSchema = answerSchema(() =>
  resolutionSchema()
    .extend({ tzdb: tzdbSchema(), to: z.array(zoneReadingSchema()) })
    .meta({
      id: 'Conversion',
      example: encodeConversion(
        convertTime(parseTime('2026-03-29T02:30:00'), parseZone('Europe/Paris'), [parseZone('Asia/Tokyo')], 'later'),
      ),
    }),
);

const sumSchema = answerSchema(() =>
  z
    .object({
      tzdb: tzdbSchema(),
      start: resolutionSchema(),
      duration: z.string().meta({ description: 'The duration, as it was understood.', example: 'P1M' }),
      end: momentSchema(),
    })
    .meta({
      id: 'Sum',
      example: encodeSum(
        addDuration(parseTime('2026-01-31T12:00:00'), parseZone('Europe/Paris'), parseDuration('P1M')),
        parseDuration('P1M'),
      ),
    }),
);

const differenceSchema = answerSchema(() =>
  z
    .object({
      tzdb: tzdbSchema(),
      from: resolutionSchema(),
      to: resolutionSchema(),
      duration: z.string().meta({ description: 'The time between, as an ISO 8601 duration.', example: 'PT23H' }),
      unit: z.enum(UNITS).meta({ example: 'hours' }),
      total: z.number().meta({ description: 'The time between, in that unit.', example: 23 }),
    })
    .meta({
      id: 'Difference',
      example: encodeDifference(
        measureBetween(
          parseTime('2026-03-28T12:00:00'),
          parseTime('2026-03-29T12:00:00'),
          parseZone('Europe/Paris'),
          'hours',
        ),
        'hours',
      ),
    }),
);

function encodeConversion(conversion: Conversion) {
  return { tzdb: TZDB_VERSION, ...encodeResolution(conversion), to: conversion.to.map(encodeReading) };
}

function encodeSum({ start, end }: Sum, duration: Temporal.Duration) {
  return { tzdb: TZDB_VERSION, start: encodeResolution(start), duration: duration.toString(), end: encodeMoment(end) };
}

function encodeDifference({ from, to, duration, total }: Difference, unit: Unit) {
  return {
    tzdb: TZDB_VERSION,
    from: encodeResolution(from),
    to: encodeResolution(to),
    duration: duration.toString(),
    unit,
    total,
  };
}

function missingZone(unit: Unit): ExpectationError {
  return new ExpectationError('a zone', undefined, { advice: `how long ${unit} are depends on it` });
}

function encodeMoment(reading: ZoneReading): z.input<ReturnType<typeof momentSchema>> {
  return { instant: formatInstant(reading.epochNs), ...encodeReading(reading) };
}

function encodeResolution({
  occurrence,
  chosen,
  earlier,
  later,
}: Resolution): z.input<ReturnType<typeof resolutionSchema>> {
  return {
    ...encodeMoment(chosen),
    occurrence,
    ...(occurrence === 'unique' ? {} : { earlier: encodeMoment(earlier), later: encodeMoment(later) }),
  };
}
