import assert from 'node:assert/strict';

import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { status, type ServiceError } from '@grpc/grpc-js';

import outcomes from './outcomes.json' with { type: 'json' };
import { openGrpc, TestClient, type TestServer } from './service.ts';
import {
  Disambiguation,
  Occurrence,
  TimeService,
  type ConvertRequestSchema,
  type Moment,
  type Transition,
  type ZoneReading,
} from '../../app/grpc/generated/time/v1/time_pb.js';
import { fromTimestamp, toTimestamp } from '../../app/grpc/timestamp.ts';
import { DISAMBIGUATIONS } from '../../app/zones/conversion.ts';
import { formatInstant, parseInstant } from '../../app/zones/instant.ts';
import { findOffsetInterval, listTransitions } from '../../app/zones/transitions.ts';
import { ZONE_NAMES } from '../../app/zones/tz-table.ts';
import { parseZone, type Zone } from '../../app/zones/zone.ts';
import { NOW, openService, type TestService } from '../http/service.ts';

const { getTime, getZone, convert } = TimeService.method;

const ROUNDS = 1000;
const AT_ONCE = 20;
const SEED = 20_261_124;

/** A small generator of random numbers from 0 to 1 that gives the same ones each time (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seededRandom(SEED);

function pick<Element>(list: readonly Element[]): Element {
  return list[Math.floor(random() * list.length)] as Element;
}

/** A name, its links among them, or one time in ten an offset. */
function pickZone(): Zone {
  if (random() > 0.1) return parseZone(pick(ZONE_NAMES));
  const minutes = String(Math.floor(random() * 60)).padStart(2, '0');
  return parseZone(`${pick(['+', '-'])}${String(Math.floor(random() * 15)).padStart(2, '0')}:${minutes}`);
}

const NS_PER_S = 1_000_000_000n;
const YEAR_S = 31_556_952;

/** Anywhere from 1800 to 2100, or, four times in five, within half an hour of a transition after that. */
function pickInstant(zone: Zone): bigint {
  const anywhere = BigInt(Math.floor((random() * 300 - 170) * YEAR_S)) * NS_PER_S + BigInt(Math.floor(random() * 1e9));
  const transitions = listTransitions(zone, anywhere, anywhere + BigInt(200 * YEAR_S) * NS_PER_S);
  if (transitions.length === 0 || random() < 0.2) return anywhere;
  return pick(transitions).epochNs + BigInt(Math.floor((random() - 0.5) * 3600)) * NS_PER_S;
}

function textOf(instant: Timestamp | undefined): string | undefined {
  return instant && formatInstant(fromTimestamp(instant));
}

/** A message of gRPC's as HTTP's JSON has the same. */
function encodeReading({ zone, local, offset, abbreviation, dst, standardOffset }: ZoneReading) {
  return { zone, local, offset, abbreviation, dst, standardOffset };
}

function encodeMoment({ instant, reading }: Moment) {
  assert.ok(reading);
  return { instant: textOf(instant), ...encodeReading(reading) };
}

function encodeTransition(transition: Transition | undefined) {
  if (!transition) return null;
  const { instant, offsetBefore, offsetAfter } = transition;
  return { instant: textOf(instant), offsetBefore, offsetAfter };
}

describe('gRPC and HTTP', () => {
  let grpc: TestServer;
  let http: TestService;
  let client: TestClient;

  before(async () => {
    [grpc, http] = await Promise.all([openGrpc(), openService()]);
    client = new TestClient(grpc.address);
  });
  after(async () => {
    client[Symbol.dispose]();
    await Promise.all([grpc[Symbol.asyncDispose](), http[Symbol.asyncDispose]()]);
  });

  const ask = async (path: string, parameters: readonly (readonly [string, string])[]) => {
    const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const response = await fetch(`${http.url}${path}?${query}`);
    return { code: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('read the time alike', async () => {
    const zones = Array.from({ length: 50 }, pickZone).map(({ id }) => id);
    const { reading } = await client.call(getTime, { zones });
    const { body } = await ask(
      '/v1/time',
      zones.map((zone) => ['zone', zone]),
    );
    assert.equal(textOf(reading?.instant), NOW);
    assert.deepEqual(
      { instant: textOf(reading?.instant), tzdb: reading?.tzdb, zones: reading?.zones.map(encodeReading) },
      { instant: body['instant'], tzdb: body['tzdb'], zones: body['zones'] },
    );
  });

  it(`say the same of ${ROUNDS} random zones, instants and conversions`, async () => {
    const seen = { unique: 0, gap: 0, overlap: 0, refused: 0 };
    for (let round = 0; round < ROUNDS; round += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, () => pick([compareZones, compareInstants, compareLocalTimes])(seen)),
      );
    }
    assert.ok(Math.min(...Object.values(seen)) >= 10, `each kind is among them: ${JSON.stringify(seen)}`);
  }).timeout(60_000);

  async function compareZones(_seen: Record<string, number>): Promise<void> {
    const zone = pickZone();
    const epochNs = pickInstant(zone);
    const told = await client.call(getZone, { zone: zone.id, at: toTimestamp(epochNs) });
    const { body } = await ask(`/v1/zones/${encodeURIComponent(zone.id)}`, [['at', formatInstant(epochNs)]]);
    assert.ok(told.reading);
    const { local: _local, ...reading } = encodeReading(told.reading);
    const { canonical, aliases, posixTz, tzdb } = told;
    const [previous, next] = [encodeTransition(told.previous), encodeTransition(told.next)];
    assert.deepEqual({ ...reading, tzdb, canonical, aliases, posixTz, previous, next }, body);
  }

  async function compareInstants(seen: Record<string, number>): Promise<void> {
    const [from, to] = [pickZone(), pickZone()];
    const epochNs = pickInstant(from);
    await compareConversions(
      { case: 'instant', value: toTimestamp(epochNs) as Timestamp },
      formatInstant(epochNs),
      from,
      to,
      seen,
    );
  }

  async function compareLocalTimes(seen: Record<string, number>): Promise<void> {
    const [from, to] = [pickZone(), pickZone()];
    const epochNs = pickInstant(from);
    // Told with the offset before a transition, instants just after it are local times in the gap or the overlap.
    const { previous, offsetSeconds } = findOffsetInterval(from, epochNs);
    const shownSeconds = previous && random() < 0.5 ? previous.offsetBeforeSeconds : offsetSeconds;
    const local = formatInstant(epochNs + BigInt(shownSeconds) * NS_PER_S).slice(0, -1);
    await compareConversions({ case: 'local', value: local }, local, from, to, seen);
  }

  async function compareConversions(
    time: NonNullable<MessageInitShape<typeof ConvertRequestSchema>['time']>,
    text: string,
    from: Zone,
    to: Zone,
    seen: Record<string, number>,
  ): Promise<void> {
    const word = pick(DISAMBIGUATIONS);
    const disambiguation = Disambiguation[word.toUpperCase() as Uppercase<typeof word>];
    const [told, { code, body }] = await Promise.all([
      client
        .call(convert, { time, from: from.id, to: [to.id, from.id], disambiguation })
        .catch((error: ServiceError) => error),
      ask('/v1/convert', [
        ['time', text],
        ['from', from.id],
        ['to', to.id],
        ['to', from.id],
        ['disambiguation', word],
      ]),
    ]);
    const count = (kind: string) => (seen[kind] = (seen[kind] ?? 0) + 1);
    if (told instanceof Error) {
      count('refused');
      assert.deepEqual([told.code, code], [status.INVALID_ARGUMENT, 400]);
      assert.equal(told.details, `local: ${String(body['detail'])}`);
      return;
    }
    const occurrence = Occurrence[told.occurrence].toLowerCase();
    count(occurrence);
    assert.ok(told.chosen);
    assert.deepEqual(
      {
        ...encodeMoment(told.chosen),
        occurrence,
        ...(told.earlier && { earlier: encodeMoment(told.earlier) }),
        ...(told.later && { later: encodeMoment(told.later) }),
        to: told.to.map(encodeReading),
        tzdb: told.tzdb,
      },
      body,
    );
  }

  // What another implementation makes of the same release of the database; the table says which.
  for (const { zone, time, why, occurrence, earlier, later = earlier } of outcomes.outcomes) {
    it(`have ${time} in ${zone} as it is known outside: ${why}`, async () => {
      const choices = [
        [Disambiguation.EARLIER, 'earlier', earlier],
        [Disambiguation.LATER, 'later', later],
      ] as const;
      for (const [disambiguation, word, outcome] of choices) {
        const { chosen, ...told } = await client.call(convert, {
          time: { case: 'local', value: time },
          from: zone,
          disambiguation,
        });
        assert.ok(chosen?.reading && chosen.instant);
        const { body } = await ask('/v1/convert', [
          ['time', time],
          ['from', zone],
          ['disambiguation', word],
        ]);
        const expected = [occurrence, `${outcome.local}.000000`, outcome.abbreviation, parseInstant(outcome.instant)];
        assert.deepEqual(
          [
            Occurrence[told.occurrence].toLowerCase(),
            chosen.reading.local.slice(0, expected[1]?.toString().length),
            chosen.reading.abbreviation,
            fromTimestamp(chosen.instant),
          ],
          expected,
        );
        assert.deepEqual(
          [
            body['occurrence'],
            String(body['local']).slice(0, expected[1]?.toString().length),
            body['abbreviation'],
            parseInstant(String(body['instant'])),
          ],
          expected,
        );
      }
    });
  }
});
