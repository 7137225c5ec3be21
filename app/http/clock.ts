/** What the clock is worth, and what it was compared with; and four timestamps, for those who want to know their own offset. */
import * as z from 'zod';

import { answerJson, NO_STORE } from './answer.ts';
import { clockReadingSchemas, encodeClockReading } from './clock-reading.ts';
import { answerSchema, defineRoute, type Route } from './route.ts';
import { instantSchema } from './shared-answers.ts';
import { instantParameter } from './shared-parameters.ts';
import type { ClockReport, HonestClock } from '../clock/honest-clock.ts';
import { formatInstant } from '../zones/instant.ts';

export function clockRoutes(clock: HonestClock): Route[] {
  return [
    defineRoute({
      path: '/v1/clock',
      summary: 'What the clock is worth, and by whose word.',
      tag: 'Clock',
      pathParameters: {},
      queryParameters: {},
      produces: ['application/json'],
      answers: () => ({ 'application/json': clockReportSchema() }),
      handle: () => answerJson(encodeClockReport(clock.report()), NO_STORE),
    }),
    defineRoute({
      path: '/v1/exchange',
      summary: 'Timestamps from which a caller works out how far its own clock is off.',
      tag: 'Clock',
      pathParameters: {},
      queryParameters: {
        t1: instantParameter.meta({
          description: 'When the question left, by the caller’s clock.',
          example: '2026-11-24T03:05:54.12Z',
        }),
      },
      produces: ['application/json'],
      answers: () => ({ 'application/json': exchangeSchema() }),
      handle: ({ query: { t1 } }) => {
        const reading = clock.now();
        const { earliest, latest, clock: worth } = encodeClockReading(reading);
        const now = formatInstant(reading.epochNs);
        return answerJson({ t1: formatInstant(t1), t2: now, t3: now, earliest, latest, clock: worth }, NO_STORE);
      },
    }),
  ];
}

const US = (description: string, example: number) => z.number().meta({ description, example });

/** What `/v1/clock` answers, and the `clock` event tells. */
export const clockReportSchema = answerSchema(() =>
  z
    .object({
      ...clockReadingSchemas(),
      leap: z
        .enum(['none', 'insert', 'delete'])
        .meta({ description: 'A leap second at the end of the month.', example: 'none' }),
      steps: z.object({
        forward: z.int().meta({ description: 'Steps of the wall clock since the start.', example: 0 }),
        backward: z.int().meta({ description: 'The same, backward.', example: 0 }),
        last: z
          .object({
            number: z.int().meta({ description: 'Which step since the start it was.', example: 1 }),
            sizeUs: US('How far the clock was set forward, in microseconds.', 1_000_000),
            found: instantSchema('What the clock said when the step was found.'),
          })
          .nullable()
          .meta({ description: 'The last of them; null where there was none.', example: null }),
      }),
      sources: z.array(
        z.object({
          name: z.string().meta({ description: '`kernel`, or an NTP server.', example: 'kernel' }),
          verdict: z.enum(['agrees', 'contradicts', 'smeared', 'silent']),
          offsetUs: z
            .object({
              low: US('True time minus the clock’s is at least this, in microseconds, as the source has it.', -2000),
              high: US('And at most this.', 2000),
            })
            .nullable(),
        }),
      ),
      kernel: z
        .object({
          maxErrorUs: US('How far off the clock may be by the daemon’s account.', 1800),
          estimatedErrorUs: US('How far off it probably is.', 120),
          offsetUs: US('What is still to be slewed.', -12.3),
          frequencyPpm: z.number().meta({ description: 'How the oscillator is corrected.', example: 11.2 }),
          status: z.int().meta({ description: 'The status bits of adjtimex(2).', example: 8193 }),
          unsynchronized: z.boolean().meta({ description: 'STA_UNSYNC of these.', example: false }),
          leap: z
            .enum(['none', 'insert', 'delete'])
            .meta({ description: 'The leap second that the kernel is told of.', example: 'none' }),
          taiOffsetS: z.int().meta({ description: 'TAI minus UTC, 0 where the kernel was not told.', example: 37 }),
        })
        .nullable(),
    })
    .meta({ id: 'Clock' }),
);

export function encodeClockReport(report: ClockReport): z.input<ReturnType<typeof clockReportSchema>> {
  const { reading, kernel, leap, sources, steps } = report;
  const { last } = steps;
  return {
    ...encodeClockReading(reading),
    leap,
    steps: {
      forward: steps.forward,
      backward: steps.backward,
      last: last && { number: last.number, sizeUs: toUs(last.sizeNs), found: formatInstant(last.foundAtNs) },
    },
    sources: sources.map(({ name, verdict, offsetNs }) => ({
      name,
      verdict,
      offsetUs: offsetNs && { low: toUs(offsetNs.lowNs), high: toUs(offsetNs.highNs) },
    })),
    kernel: kernel && {
      maxErrorUs: toUs(kernel.maxErrorNs),
      estimatedErrorUs: toUs(kernel.estimatedErrorNs),
      offsetUs: toUs(kernel.offsetNs),
      frequencyPpm: kernel.frequencyPpm,
      status: kernel.status,
      unsynchronized: kernel.isUnsynchronized,
      leap: kernel.leap,
      taiOffsetS: kernel.taiOffsetS,
    },
  };
}

/**
 * The caller adds t4, when the answer came: this clock minus its own is at least t3 − t4 and at most t2 − t1. The clock is
 * read once, so that t2 and t3 are the same and the little in between counts as delay.
 */
const exchangeSchema = answerSchema(() => {
  const { earliest, latest, clock } = clockReadingSchemas();
  return z
    .object({
      t1: instantSchema('When the question left, by the caller’s clock, as it came.', '2026-11-24T03:05:54.120000Z'),
      t2: instantSchema('When the question came, by this clock.'),
      t3: instantSchema('When the answer left, by this clock.'),
      earliest,
      latest,
      clock,
    })
    .meta({ id: 'Exchange' });
});

function toUs(ns: bigint): number {
  return Number(ns) / 1000;
}
