/** What the zones are: the list of them, each by itself, and the transitions of one. */
import * as z from 'zod';

import { answerJson, answerText, type Answer } from './answer.ts';
import { answerSchema, defineRoute, parameter, withExample, type Route } from './route.ts';
import { instantSchema, localTypeSchemas, offsetSchema, tzdbSchema, zoneNameSchema } from './shared-answers.ts';
import { instantParameter, zoneParameter } from './shared-parameters.ts';
import type { Clock } from '../clock/clock.ts';
import { VERSION } from '../version.ts';
import { formatInstant, LAST_NS, toEpochMs } from '../zones/instant.ts';
import { findOffsetInterval, formatOffset, listTransitions, type Transition } from '../zones/transitions.ts';
import { describeZone } from '../zones/tz-table.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import { listZones, LONGEST_WORDS, parseCountry } from '../zones/zone-list.ts';

const NS_PER_MS = 1_000_000n;

const wordsParameter = (meta: { description: string; example: string }) =>
  z.string().max(LONGEST_WORDS, `at most ${LONGEST_WORDS} characters`).meta(meta);

export function zoneRoutes(clock: Clock): Route[] {
  return [
    defineRoute({
      path: '/v1/zones',
      summary: 'The zones, with the offset of each at one instant.',
      tag: 'Zones',
      pathParameters: {},
      queryParameters: {
        at: instantParameter.optional(),
        country: parameter(parseCountry, {
          description: 'The ISO 3166 code of the country that the zones are in.',
          example: 'CH',
          pattern: '^[A-Za-z]{2}$',
        }).optional(),
        area: wordsParameter({
          description: 'The part of a name before its first slash.',
          example: 'Europe',
        }).optional(),
        q: wordsParameter({ description: 'A piece of a name, in any case.', example: 'zur' }).optional(),
      },
      produces: ['application/json'],
      answers: () => ({ 'application/json': zoneListSchema() }),
      handle: ({ query: { at, ...filter } }) => {
        const nowNs = clock.now().epochNs;
        const list = listZones(filter, at ?? nowNs);
        const zones = list.zones.map(({ zone, offset }) => ({ zone: zone.id, offset }));
        return answerZoneData({ tzdb: TZDB_VERSION, zones }, list, at === undefined ? nowNs : undefined);
      },
    }),
    defineRoute({
      path: '/v1/zones/{zone}/transitions',
      summary: 'The changes of a zone’s offset in a range of at most 200 years.',
      tag: 'Zones',
      pathParameters: { zone: zoneParameter },
      queryParameters: {
        from: withExample(instantParameter, '2026-01-01T00:00:00Z').optional(),
        to: withExample(instantParameter, '2027-01-01T00:00:00Z').optional(),
      },
      produces: ['application/json'],
      answers: () => ({ 'application/json': transitionsSchema() }),
      handle: ({ path: { zone }, query }) => {
        const fromNs = query.from ?? startOfYear(clock.now().epochNs);
        const toNs = query.to ?? endOfDefaultRange(fromNs);
        const transitions = listTransitions(zone, fromNs, toNs).map(encodeTransition);
        return answerZoneData(
          { zone: zone.id, tzdb: TZDB_VERSION, from: formatInstant(fromNs), to: formatInstant(toNs), transitions },
          { fromMs: toEpochMs(fromNs), untilMs: toEpochMs(toNs) },
        );
      },
    }),
    defineRoute({
      path: '/v1/zones/{zone}',
      summary: 'A zone at one instant, with the transitions around it; as text its POSIX rule, for devices.',
      tag: 'Zones',
      pathParameters: { zone: zoneParameter },
      queryParameters: { at: instantParameter.optional() },
      produces: ['application/json', 'text/plain'],
      answers: () => ({
        'application/json': zoneSchema(),
        'text/plain': z.string().meta({ example: 'CET-1CEST,M3.5.0,M10.5.0/3' }),
      }),
      handle: ({ path: { zone }, query: { at }, type }) => {
        const { canonical, aliases, posixTz } = describeZone(zone);
        if (type === 'text/plain') return answerText(posixTz, cachingHeaders('posix', LONGEST_CACHING_S));
        const nowNs = clock.now().epochNs;
        const interval = findOffsetInterval(zone, at ?? nowNs);
        const { offsetSeconds, previous, next } = interval;
        return answerZoneData(
          {
            zone: zone.id,
            tzdb: TZDB_VERSION,
            offset: formatOffset(offsetSeconds),
            abbreviation: interval.type.abbreviation,
            dst: interval.type.isDst,
            standardOffset: formatOffset(interval.type.standardOffsetSeconds),
            canonical,
            aliases,
            posixTz,
            previous: previous && encodeTransition(previous),
            next: next && encodeTransition(next),
          },
          interval,
          at === undefined ? nowNs : undefined,
        );
      },
    }),
  ];
}

const zoneListSchema = answerSchema(() =>
  z
    .object({
      tzdb: tzdbSchema(),
      zones: z
        .array(z.object({ zone: zoneNameSchema(), offset: offsetSchema('Its offset at that instant.') }))
        .meta({ example: [{ zone: 'Europe/Zurich', offset: '+01:00' }] }),
    })
    .meta({ id: 'ZoneList' }),
);

const transitionSchema = answerSchema(() =>
  z
    .object({
      instant: instantSchema('When the offset changes.', '2026-10-25T01:00:00.000000Z'),
      offsetBefore: offsetSchema('The offset until then.', '+02:00'),
      offsetAfter: offsetSchema('The offset from then on.'),
    })
    .meta({ id: 'Transition' }),
);

const transitionsSchema = answerSchema(() =>
  z
    .object({
      zone: zoneNameSchema(),
      tzdb: tzdbSchema(),
      from: instantSchema('The start of the range, included.', '2026-01-01T00:00:00.000000Z'),
      to: instantSchema('The end of the range, not included.', '2027-01-01T00:00:00.000000Z'),
      transitions: z.array(transitionSchema()).meta({
        example: [
          { instant: '2026-03-29T01:00:00.000000Z', offsetBefore: '+01:00', offsetAfter: '+02:00' },
          { instant: '2026-10-25T01:00:00.000000Z', offsetBefore: '+02:00', offsetAfter: '+01:00' },
        ],
      }),
    })
    .meta({ id: 'Transitions' }),
);

const zoneSchema = answerSchema(() =>
  z
    .object({
      zone: zoneNameSchema(),
      tzdb: tzdbSchema(),
      offset: offsetSchema('How far the zone is from UTC at that instant, east positive.'),
      ...localTypeSchemas(),
      canonical: z.string().meta({ description: 'The zone that this name stands for.', example: 'Europe/Paris' }),
      aliases: z
        .array(z.string().meta({ example: 'Europe/Monaco' }))
        .meta({ description: 'Other names of that zone.' }),
      posixTz: z.string().meta({
        description: 'The rule that holds from now on, as POSIX writes it in TZ.',
        example: 'CET-1CEST,M3.5.0,M10.5.0/3',
      }),
      previous: transitionSchema().nullable().meta({ description: 'The change before, or at that very instant.' }),
      next: transitionSchema()
        .nullable()
        .meta({
          description: 'The change after; null where there is none.',
          example: { instant: '2027-03-28T01:00:00.000000Z', offsetBefore: '+01:00', offsetAfter: '+02:00' },
        }),
    })
    .meta({ id: 'Zone' }),
);

/** Two years, so that a zone with daylight-saving time shows it twice. */
const DEFAULT_RANGE_NS = 731n * 86_400n * 1_000_000_000n;

function endOfDefaultRange(fromNs: bigint): bigint {
  const endNs = fromNs + DEFAULT_RANGE_NS;
  return endNs < LAST_NS ? endNs : LAST_NS;
}

function startOfYear(epochNs: bigint): bigint {
  return BigInt(Date.UTC(new Date(toEpochMs(epochNs)).getUTCFullYear(), 0)) * NS_PER_MS;
}

function encodeTransition({
  epochNs,
  offsetBeforeSeconds,
  offsetAfterSeconds,
}: Transition): z.input<ReturnType<typeof transitionSchema>> {
  return {
    instant: formatInstant(epochNs),
    offsetBefore: formatOffset(offsetBeforeSeconds),
    offsetAfter: formatOffset(offsetAfterSeconds),
  };
}

const LONGEST_CACHING_S = 3600;

/**
 * Zone data changes with a release of the tz database and with a transition, its form with a version of this service, and
 * neither does otherwise: the ETag names all three.
 *
 * @param nowNs given where the answer is about now, and so is stale after the interval's end
 */
function answerZoneData(
  value: object,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
  nowNs?: bigint,
): Answer {
  const remainingS = nowNs === undefined ? Infinity : Math.floor((untilMs - toEpochMs(nowNs)) / 1000);
  return answerJson(value, cachingHeaders(`${fromMs};${untilMs}`, Math.min(LONGEST_CACHING_S, remainingS)));
}

function cachingHeaders(tag: string, maxAgeS: number): readonly string[] {
  return [
    'ETag',
    `"${VERSION};${TZDB_VERSION};${tag}"`,
    'Cache-Control',
    `public, max-age=${maxAgeS}`,
    'Vary',
    'Accept',
  ];
}
