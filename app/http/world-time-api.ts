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
import { answerSchema, defineRoute, parameter, type Answers, type MediaType, type Route } from './route.ts';
import type { Clock } from '../clock/clock.ts';
import { normalizeAddress } from '../networks.ts';
import { UnknownZoneError } from '../zones/expectation.ts';
import { ZONE_NAMES } from '../zones/tz-table.ts';
import { TZDB_VERSION } from '../zones/tzdb.ts';
import { formatWorldTime, readWorldTime } from '../zones/world-time.ts';
import { parseZone, type Zone } from '../zones/zone.ts';

const PREFIX = '/api/';

const LIST_HEADERS = ['Cache-Control', 'public, max-age=3600', 'ETag', `"${TZDB_VERSION}"`];

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
    const produces = [type] as const;
    const queryParameters = {};
    return [
      defineRoute({
        path: `/api/timezone${suffix}`,
        summary: `WorldTimeAPI: the names of all zones${inWords}.`,
        pathParameters: {},
        queryParameters,
        produces,
        answers: () => describeAs(type, namesSchema()),
        handle: () => answerList(ZONE_NAMES, type),
      }),
      defineRoute({
        path: `/api/timezone/{place}${suffix}`,
        summary: `WorldTimeAPI: the time in a zone, or the names of the zones of an area${inWords}.`,
        pathParameters: { place: placeParameter },
        queryParameters,
        produces,
        answers: () => describeAs(type, z.union([worldTimeSchema(), namesSchema()])),
        handle: ({ path: { place }, request }) =>
          'id' in place ? answerTime(place, request, type) : answerList(place, type),
      }),
      defineRoute({
        path: `/api/ip${suffix}`,
        summary: `WorldTimeAPI: the time where the caller is${inWords}.`,
        pathParameters: {},
        queryParameters,
        produces,
        answers: () => describeAs(type, worldTimeSchema()),
        handle: ({ request }) => answerCaller(callers.addressOf(request), request, type),
      }),
      defineRoute({
        path: `/api/ip/{address}${suffix}`,
        summary: `WorldTimeAPI: the time where an address is${inWords}.`,
        pathParameters: { address: addressParameter },
        queryParameters,
        produces,
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
      dst_from: z.string().meta({ example: '2026-03-29T01:00:00+00:00' }).nullable(),
      dst_until: z.string().meta({ example: '2026-10-25T01:00:00+00:00' }).nullable(),
      client_ip: z.string().meta({ example: '192.0.2.1' }),
    })
    .meta({ id: 'WorldTime' }),
);

/** The text form has the JSON form's fields, a line each. */
function describeAs(type: MediaType, schema: z.ZodType): Answers {
  return type === 'text/plain'
    ? { [type]: z.string().meta({ example: 'utc_offset: +01:00\ntimezone: Europe/Paris\n' }) }
    : { [type]: schema };
}

function answerList(names: readonly string[], type: MediaType): Answer {
  return type === 'text/plain'
    ? answerText(names.map((name) => `${name}\n`).join(''), LIST_HEADERS)
    : answerJson(names, LIST_HEADERS);
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
  const error = status === 404 ? 'unknown location' : (STATUS_CODES[status] ?? '').toLowerCase();
  const kept = headers.filter((_, index) => headers[index - (index % 2)] !== 'Content-Type');
  const answer = isText ? answerText(`${error}\n`, kept) : answerJson({ error }, kept);
  return { ...answer, status };
}
