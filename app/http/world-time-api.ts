/**
 * WorldTimeAPI, for clients that were written for worldtimeapi.org and are only to be given another host. Their
 * expectations are kept to the letter: the keys, the text twin of each path, names in any case, a slash at the end, and
 * `{"error":"unknown location"}`.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http';

import * as z from 'zod';

import { answerJson, answerText, NO_STORE, type Answer } from './answer.ts';
import { whenAnswered, type Layer } from './application.ts';
import { HttpError } from './problem.ts';
import { answerSchema, defineRoute, exampleOf, parameter, type Answers, type MediaType, type Route } from './route.ts';
import type { Clock } from '../clock/clock.ts';
import { normalizeAddress } from '../networks.ts';
import { VERSION } from '../version.ts';
import { UnknownZoneError } from '../zones/expectation.ts';
import { ZONE_NAMES } from '../zones/tz-table.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import { formatWorldTime, readWorldTime, type WorldTime } from '../zones/world-time.ts';
import { parseZone, type Zone } from '../zones/zone.ts';

const PREFIX = '/api/';

const UNKNOWN_LOCATION = 'unknown location';

const LIST_HEADERS = ['Cache-Control', 'public, max-age=3600', 'ETag', `"${VERSION};${TZDB_VERSION}"`];

/** Where callers are. */
export interface Callers {
  /** The address that a request comes from. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** The zone of an address; undefined where no database places it. */
  readonly zoneOf: (address: string) => Zone | undefined;
}

/** What a name under `/api/timezone/` stands for: a zone, or the zones of an area. */
type Place = Zone | readonly string[];

const placeParameter = parameter(parsePlace, {
  description: 'A zone in any case, or an area: `Europe/Paris`, `EST`, `Europe`.',
  example: 'Europe/Paris',
});

const addressParameter = z.string().meta({ description: 'An IPv4 or IPv6 address.', example: '192.0.2.1' });

export function worldTimeRoutes(clock: Clock, defaultZone: Zone, callers: Callers): Route[] {
  const answerTime = (zone: Zone, request: IncomingMessage, type: MediaType): Answer => {
    const time = readWorldTime(zone, clock.now().epochNs, callers.addressOf(request));
    return type === 'text/plain' ? answerText(formatWorldTime(time), NO_STORE) : answerJson(time, NO_STORE);
  };
  const answerCaller = (address: string, request: IncomingMessage, type: MediaType): Answer =>
    answerTime(callers.zoneOf(address) ?? defaultZone, request, type);

  // The twin in text of a path comes first: `{place}` would match it too.
  const FORMS = [
    { suffix: '.txt', type: 'text/plain', inWords: ', as text' },
    { suffix: '', type: 'application/json', inWords: '' },
  ] as const;
  return FORMS.flatMap(({ suffix, type, inWords }) => {
    const shared = {
      tag: 'WorldTimeAPI',
      queryParameters: {},
      produces: [type],
      failures: () => describeAs(type, failureSchema()),
    } as const;
    return [
      defineRoute({
        path: `/api/timezone${suffix}`,
        summary: `WorldTimeAPI: the names of all zones${inWords}.`,
        ...shared,
        pathParameters: {},
        answers: () => describeAs(type, namesSchema()),
        handle: () => answerList(ZONE_NAMES, type),
      }),
      defineRoute({
        path: `/api/timezone/{place}${suffix}`,
        summary: `WorldTimeAPI: the time in a zone, or the names of the zones of an area${inWords}.`,
        ...shared,
        pathParameters: { place: placeParameter },
        answers: () => describeAs(type, z.union([worldTimeSchema(), namesSchema()])),
        handle: ({ path: { place }, request }) =>
          'id' in place ? answerTime(place, request, type) : answerList(place, type),
      }),
      defineRoute({
        path: `/api/ip${suffix}`,
        summary: `WorldTimeAPI: the time where the caller is${inWords}.`,
        ...shared,
        pathParameters: {},
        answers: () => describeAs(type, worldTimeSchema()),
        handle: ({ request }) => answerCaller(callers.addressOf(request), request, type),
      }),
      defineRoute({
        path: `/api/ip/{address}${suffix}`,
        summary: `WorldTimeAPI: the time where an address is${inWords}.`,
        ...shared,
        pathParameters: { address: addressParameter },
        answers: () => describeAs(type, worldTimeSchema()),
        handle: ({ path, request }) => {
          const address = normalizeAddress(path.address);
          if (address === undefined) throw new HttpError(404, `Expected an address, got ${path.address.slice(0, 64)}`);
          return answerCaller(address, request, type);
        },
      }),
    ];
  });
}

const namesSchema = () => z.array(z.string().meta({ example: 'Europe/Paris' }));

const worldTimeSchema = answerSchema(() =>
  z
    .object({
      utc_offset: z.string().meta({ example: '+01:00' }),
      timezone: z.string().meta({ example: 'Europe/Paris' }),
      day_of_week: z.int().meta({ description: '0 is Sunday.', example: 2 }),
      day_of_year: z.int().meta({ example: 328 }),
      datetime: z.string().meta({ example: '2026-11-24T04:05:54.123456+01:00' }),
      utc_datetime: z.string().meta({ example: '2026-11-24T03:05:54.123456+00:00' }),
      unixtime: z.int().meta({ example: 1_795_489_554 }),
      raw_offset: z.int().meta({ description: 'The standard offset, in seconds.', example: 3600 }),
      week_number: z.int().meta({ example: 48 }),
      dst: z.boolean().meta({ example: false }),
      abbreviation: z.string().meta({ example: 'CET' }),
      dst_offset: z.int().meta({ description: 'What daylight saving adds, in seconds.', example: 0 }),
      dst_from: z
        .string()
        .nullable()
        .meta({ description: 'When daylight saving began; null outside of it.', example: null }),
      dst_until: z.string().nullable().meta({ description: 'When it will end; null outside of it.', example: null }),
      client_ip: z.string().meta({ example: '192.0.2.1' }),
    })
    .meta({ id: 'WorldTime' }),
);

const failureSchema = answerSchema(() =>
  z.object({ error: z.string().meta({ example: UNKNOWN_LOCATION }) }).meta({ id: 'WorldTimeError' }),
);

/** @param schema of the JSON form; the text form has its fields or its members, a line each */
function describeAs(type: MediaType, schema: z.ZodType): Answers {
  if (type !== 'text/plain') return { [type]: schema };
  const value = exampleOf(schema) as WorldTime | readonly string[] | { error: string };
  const example =
    'error' in value ? formatError(value.error) : 'timezone' in value ? formatWorldTime(value) : formatNames(value);
  return { [type]: z.string().meta({ example }) };
}

function answerList(names: readonly string[], type: MediaType): Answer {
  return type === 'text/plain' ? answerText(formatNames(names), LIST_HEADERS) : answerJson(names, LIST_HEADERS);
}

function formatNames(names: readonly string[]): string {
  return names.map((name) => `${name}\n`).join('');
}

function parsePlace(name: string): Place {
  const inArea = name.includes('/') ? [] : listArea(name);
  if (inArea.length > 0) return inArea;
  const zone = parseZone(name);
  if (zone.fixed) throw new UnknownZoneError('an IANA zone such as Europe/Paris', name);
  return zone;
}

function listArea(area: string): readonly string[] {
  const prefix = `${area.toLowerCase()}/`;
  return ZONE_NAMES.filter((name) => name.toLowerCase().startsWith(prefix));
}

/**
 * What that contract has and the rest of this service has not: a slash at the end is as good as none, a query and an
 * Accept header that nobody there looks at are not held against a caller, and errors have its form.
 */
export function keepWorldTimeApi(): Layer {
  return (ctx, next) => {
    if (!ctx.path.startsWith(PREFIX)) return next();
    if (ctx.path.endsWith('/')) ctx.path = ctx.path.slice(0, -1);
    if (ctx.querystring !== '') ctx.querystring = '';
    if (ctx.req.headers.accept !== undefined) ctx.req.headers.accept = undefined;
    const isText = ctx.path.endsWith('.txt');
    return whenAnswered(next(), (answer) => (answer.status < 400 ? answer : answerError(answer, isText)));
  };
}

function answerError({ status, headers }: Answer, isText: boolean): Answer {
  const error = status === 404 ? UNKNOWN_LOCATION : (STATUS_CODES[status] ?? '').toLowerCase();
  const kept = headers.filter((_, index) => headers[index - (index % 2)] !== 'Content-Type');
  const answer = isText ? answerText(formatError(error), kept) : answerJson({ error }, kept);
  return { ...answer, status };
}

function formatError(error: string): string {
  return `${error}\n`;
}
