import assert from 'node:assert/strict';

import { toJson, type MessageInitShape } from '@bufbuild/protobuf';
import { status, type ServiceError } from '@grpc/grpc-js';

import { blamedFields, openGrpc, TestClient, type TestServer } from './service.ts';
import type { Clock } from '../../app/clock/clock.ts';
import {
  ClockState,
  ConvertResponseSchema,
  Disambiguation,
  GetZoneResponseSchema,
  Occurrence,
  ReadingSchema,
  TimeService,
  type ConvertRequestSchema,
  type ListZonesRequestSchema,
  type WatchTimeRequestSchema,
} from '../../app/grpc/generated/time/v1/time_pb.js';
import { timeService } from '../../app/grpc/time-service.ts';
import { parseInstant } from '../../app/zones/instant.ts';
import { listZones } from '../../app/zones/zone-list.ts';
import { parseZone } from '../../app/zones/zone.ts';
import { NOW } from '../http/service.ts';

const { getTime, watchTime, listZones: listZonesMethod, getZone, convert } = TimeService.method;

describe('TimeService', () => {
  let server: TestServer;
  let client: TestClient;

  before(async () => {
    server = await openGrpc();
    client = new TestClient(server.address);
  });
  after(async () => {
    client[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Asserts how a call fails, and which fields its details name. */
  const assertRefused = async (call: Promise<unknown>, code: status, fields: readonly string[], message: RegExp) => {
    await assert.rejects(call, (error: ServiceError) => {
      assert.equal(error.code, code, error.message);
      assert.deepEqual(blamedFields(error), fields);
      assert.match(error.details, message);
      return true;
    });
  };

  describe('GetTime', () => {
    it('gives one instant in every zone, in their order and proper case', async () => {
      const { reading } = await client.call(getTime, { zones: ['asia/kolkata', '-0330', 'UTC', 'UTC'] });
      assert.ok(reading);
      assert.deepEqual(toJson(ReadingSchema, reading), {
        instant: NOW,
        clock: { state: 'CLOCK_STATE_UNKNOWN' },
        tzdb: process.versions['tz'],
        zones: [
          inUtc({
            zone: 'Asia/Kolkata',
            local: '2026-11-24T08:35:54.123456+05:30[Asia/Kolkata]',
            offset: '+05:30',
            abbreviation: 'IST',
            standardOffset: '+05:30',
          }),
          inUtc({
            zone: '-03:30',
            local: '2026-11-23T23:35:54.123456-03:30[-03:30]',
            offset: '-03:30',
            abbreviation: '-0330',
            standardOffset: '-03:30',
          }),
          inUtc({}),
          inUtc({}),
        ],
      });
    });

    it('gives the default zone where none is named', async () => {
      await using inParis = await openGrpc([timeService(standingAt(0n), parseZone('Europe/Paris'))]);
      using other = new TestClient(inParis.address);
      const { reading } = await other.call(getTime, {});
      assert.deepEqual(
        reading?.zones.map(({ zone }) => zone),
        ['Europe/Paris'],
      );
    });

    it('gives what the clock is worth, before 1970 too', async () => {
      const clock: Clock = {
        now: () => ({
          epochNs: -1n,
          state: 'synchronized',
          boundNs: 1_500_000_001n,
          earliestNs: -1_500_000_002n,
          latestNs: 1_500_000_000n,
        }),
      };
      await using bounded = await openGrpc([timeService(clock, parseZone('UTC'))]);
      using other = new TestClient(bounded.address);
      const { reading } = await other.call(getTime, {});
      assert.equal(reading?.clock?.state, ClockState.SYNCHRONIZED);
      assert.deepEqual(
        [reading.instant, reading.earliest, reading.latest, reading.clock.bound].map((sent) => [
          sent?.seconds,
          sent?.nanos,
        ]),
        [
          [-1n, 999_999_999],
          [-2n, 499_999_998],
          [1n, 500_000_000],
          [1n, 500_000_001],
        ],
      );
    });

    it('takes 50 zones and refuses 51', async () => {
      const { reading } = await client.call(getTime, { zones: Array.from({ length: 50 }, () => 'UTC') });
      assert.equal(reading?.zones.length, 50);
      const tooMany = client.call(getTime, { zones: Array.from({ length: 51 }, () => 'UTC') });
      await assertRefused(tooMany, status.INVALID_ARGUMENT, ['zones'], /^zones: Expected at most 50 zones, got "51"$/);
    });

    it('names every zone that does not exist', async () => {
      const call = client.call(getTime, { zones: ['Mars/Olympus', 'UTC', ''] });
      await assertRefused(
        call,
        status.INVALID_ARGUMENT,
        ['zones[0]', 'zones[2]'],
        /got "Mars\/Olympus"; zones\[2\]: .*got ""$/,
      );
    });
  });

  describe('WatchTime', () => {
    const cases: [string, MessageInitShape<typeof WatchTimeRequestSchema>, string[]][] = [
      ['a zone that does not exist', { zones: ['x'] }, ['zones[0]']],
      ['a period of nothing', { period: {} }, ['period']],
      ['a period before it began', { period: { seconds: -1n } }, ['period']],
      ['half a second', { period: { nanos: 500_000_000 } }, ['period']],
      ['more than a day', { period: { seconds: 86_401n } }, ['period']],
      ['both at once', { zones: ['x'], period: {} }, ['zones[0]', 'period']],
    ];
    for (const [what, request, fields] of cases) {
      it(`refuses ${what}`, async () => {
        const { promise, reject } = Promise.withResolvers<never>();
        client.open(watchTime, request).once('error', reject).resume();
        await assertRefused(promise, status.INVALID_ARGUMENT, fields, /Expected/);
      });
    }
  });

  describe('ListZones', () => {
    it('gives every zone once over its pages, in the order of their names', async () => {
      const names: string[] = [];
      let pageToken = '';
      do {
        const page = await client.call(listZonesMethod, { pageSize: 150, pageToken });
        assert.ok(page.zones.length <= 150);
        names.push(...page.zones.map(({ zone }) => zone));
        pageToken = page.nextPageToken;
      } while (pageToken !== '');
      assert.deepEqual(
        names,
        listZones({}, parseInstant(NOW)).zones.map(({ zone }) => zone.id),
      );
    });

    it('has no token on a last page that is full', async () => {
      const { totalSize } = await client.call(listZonesMethod, { q: 'dublin' });
      assert.equal(totalSize, 1);
      const page = await client.call(listZonesMethod, { q: 'dublin', pageSize: 1 });
      assert.deepEqual([page.zones.length, page.nextPageToken], [1, '']);
    });

    it('gives 100 zones where no size is named, and at most 1,000', async () => {
      assert.equal((await client.call(listZonesMethod, {})).zones.length, 100);
      const all = await client.call(listZonesMethod, { pageSize: 2_000_000_000 });
      assert.equal(all.zones.length, all.totalSize);
    });

    it('narrows by area and by a piece of the name', async () => {
      const { zones } = await client.call(listZonesMethod, { area: 'america', q: 'NEW YORK' });
      assert.deepEqual(
        zones.map(({ zone, offset }) => [zone, offset]),
        [['America/New_York', '-05:00']],
      );
    });

    it('narrows by country, whatever its case', async () => {
      const { zones } = await client.call(listZonesMethod, { country: 'de' });
      assert.deepEqual(
        zones.map(({ zone }) => zone),
        ['Europe/Berlin', 'Europe/Busingen'],
      );
    });

    it('keeps to the instant of the first page while the clock goes on', async () => {
      // Europe goes to winter time at 2026-10-25T01:00Z.
      let epochNs = parseInstant('2026-10-25T00:59:59Z');
      const clock: Clock = {
        now() {
          const reading = standingAt(epochNs).now();
          epochNs += 1_000_000_000n;
          return reading;
        },
      };
      await using ticking = await openGrpc([timeService(clock, parseZone('UTC'))]);
      using other = new TestClient(ticking.address);
      const first = await other.call(listZonesMethod, { area: 'Europe', pageSize: 1 });
      const second = await other.call(listZonesMethod, { area: 'Europe', pageSize: 1, pageToken: first.nextPageToken });
      assert.deepEqual(
        [...first.zones, ...second.zones].map(({ zone, offset }) => [zone, offset]),
        [
          ['Europe/Amsterdam', '+02:00'],
          ['Europe/Andorra', '+02:00'],
        ],
      );
      const third = await other.call(listZonesMethod, { area: 'Europe', pageSize: 1 });
      assert.equal(third.zones[0]?.offset, '+01:00');
    });

    it('refuses a token that was given for another request', async () => {
      const { nextPageToken: pageToken } = await client.call(listZonesMethod, { area: 'Europe', pageSize: 1 });
      const others: MessageInitShape<typeof ListZonesRequestSchema>[] = [
        { pageToken },
        { pageToken, area: 'Asia' },
        { pageToken, area: 'Europe', q: 'a' },
        { pageToken, area: 'Europe', country: 'FR' },
        { pageToken, area: 'Europe', at: { seconds: 5n } },
        { pageToken: `${pageToken}x`, area: 'Europe' },
        { pageToken: '!', area: 'Europe' },
      ];
      for (const request of others) {
        const call = client.call(listZonesMethod, request);
        await assertRefused(call, status.INVALID_ARGUMENT, ['page_token'], /Expected a page token/);
      }
    });

    const bad: [string, MessageInitShape<typeof ListZonesRequestSchema>, string][] = [
      ['a negative size', { pageSize: -1 }, 'page_size'],
      ['65 characters', { q: 'x'.repeat(65) }, 'q'],
      ['a country that there is not', { country: 'XX' }, 'country'],
      ['an instant after the year 9999', { at: { seconds: 253_402_300_800n } }, 'at'],
    ];
    for (const [what, request, field] of bad) {
      it(`refuses ${what}`, () =>
        assertRefused(client.call(listZonesMethod, request), status.INVALID_ARGUMENT, [field], /Expected/));
    }
  });

  describe('GetZone', () => {
    it('gives a zone with the transitions around an instant', async () => {
      const answer = await client.call(getZone, { zone: 'europe/paris', at: { seconds: 1_774_746_000n } });
      assert.deepEqual(toJson(GetZoneResponseSchema, answer), {
        reading: {
          zone: 'Europe/Paris',
          local: '2026-03-29T03:00:00.000000+02:00[Europe/Paris]',
          offset: '+02:00',
          abbreviation: 'CEST',
          dst: true,
          standardOffset: '+01:00',
        },
        previous: { instant: '2026-03-29T01:00:00Z', offsetBefore: '+01:00', offsetAfter: '+02:00' },
        next: { instant: '2026-10-25T01:00:00Z', offsetBefore: '+02:00', offsetAfter: '+01:00' },
        canonical: 'Europe/Paris',
        aliases: ['Europe/Monaco'],
        posixTz: 'CET-1CEST,M3.5.0,M10.5.0/3',
        tzdb: process.versions['tz'],
      });
    });

    it('has no transition that a Timestamp cannot hold', async () => {
      const { previous, next } = await client.call(getZone, {
        zone: 'Europe/Paris',
        at: { seconds: 253_402_300_799n },
      });
      assert.ok(previous);
      assert.equal(next, undefined);
    });

    it('has no transitions for an offset', async () => {
      const { previous, next } = await client.call(getZone, { zone: '+05:30' });
      assert.deepEqual([previous, next], [undefined, undefined]);
    });

    it('does not find a zone that does not exist', () =>
      assertRefused(client.call(getZone, { zone: 'Mars/Olympus' }), status.NOT_FOUND, ['zone'], /got "Mars\/Olympus"/));

    it('refuses a request without a zone', () =>
      assertRefused(client.call(getZone, {}), status.INVALID_ARGUMENT, ['zone'], /Expected a zone, got nothing/));

    for (const at of [
      { seconds: 0n, nanos: -1 },
      { nanos: 1_000_000_000 },
      { seconds: -62_135_596_801n },
      { seconds: 2n ** 62n },
    ]) {
      it(`refuses the instant ${at.seconds ?? 0n} s, ${at.nanos ?? 0} ns`, () =>
        assertRefused(
          client.call(getZone, { zone: 'UTC', at }),
          status.INVALID_ARGUMENT,
          ['at'],
          /Expected an instant from 0001/,
        ));
    }
  });

  describe('Convert', () => {
    const inParis = (local: string): MessageInitShape<typeof ConvertRequestSchema> => {
      return { time: { case: 'local', value: local }, from: 'Europe/Paris', to: ['UTC'] };
    };
    const gap = inParis('2026-03-29T02:30:00');
    const overlap = inParis('2026-10-25T02:30:00');

    it('reads an instant in its own zone and in others', async () => {
      const answer = await client.call(convert, {
        time: { case: 'instant', value: { nanos: 1 } },
        from: 'Asia/Tokyo',
        to: ['UTC', '+01'],
      });
      assert.deepEqual(toJson(ConvertResponseSchema, answer), {
        occurrence: 'OCCURRENCE_UNIQUE',
        chosen: {
          instant: '1970-01-01T00:00:00.000000001Z',
          reading: inUtc({
            zone: 'Asia/Tokyo',
            local: '1970-01-01T09:00:00.000000+09:00[Asia/Tokyo]',
            offset: '+09:00',
            abbreviation: 'JST',
            standardOffset: '+09:00',
          }),
        },
        to: [
          inUtc({ local: '1970-01-01T00:00:00.000000+00:00[UTC]' }),
          inUtc({
            zone: '+01:00',
            local: '1970-01-01T01:00:00.000000+01:00[+01:00]',
            offset: '+01:00',
            abbreviation: '+01',
            standardOffset: '+01:00',
          }),
        ],
        tzdb: process.versions['tz'],
      });
    });

    const choices: [string, MessageInitShape<typeof ConvertRequestSchema>, Disambiguation, Occurrence, string][] = [
      ['the later reading of a gap', gap, Disambiguation.UNSPECIFIED, Occurrence.GAP, '01:30'],
      ['the later reading of a gap', gap, Disambiguation.COMPATIBLE, Occurrence.GAP, '01:30'],
      ['the earlier reading of a gap', gap, Disambiguation.EARLIER, Occurrence.GAP, '00:30'],
      ['the later reading of a gap', gap, Disambiguation.LATER, Occurrence.GAP, '01:30'],
      ['the earlier reading of an overlap', overlap, Disambiguation.UNSPECIFIED, Occurrence.OVERLAP, '00:30'],
      ['the earlier reading of an overlap', overlap, Disambiguation.EARLIER, Occurrence.OVERLAP, '00:30'],
      ['the later reading of an overlap', overlap, Disambiguation.LATER, Occurrence.OVERLAP, '01:30'],
    ];
    for (const [what, request, disambiguation, occurrence, clockTime] of choices) {
      it(`takes ${what} for ${Disambiguation[disambiguation]}, and tells both`, async () => {
        const answer = await client.call(convert, { ...request, disambiguation });
        assert.equal(answer.occurrence, occurrence);
        assert.equal(answer.to[0]?.local.slice(11, 16), clockTime);
        assert.ok(answer.earlier?.instant && answer.later?.instant);
        assert.equal(answer.later.instant.seconds - answer.earlier.instant.seconds, 3600n);
      });
    }

    const bad: [string, MessageInitShape<typeof ConvertRequestSchema>, string[], RegExp][] = [
      ['a request without a time', {}, ['time'], /Expected an instant or a local time, got nothing/],
      ['a gap for REJECT', { ...gap, disambiguation: Disambiguation.REJECT }, ['local'], /it falls in a gap/],
      [
        'an overlap for REJECT',
        { ...overlap, disambiguation: Disambiguation.REJECT },
        ['local'],
        /it falls in an overlap/,
      ],
      [
        'an offset in a local time',
        { time: { case: 'local', value: '2026-03-29T02:30:00Z' } },
        ['local'],
        /Expected a local time/,
      ],
      [
        'a local time before the year 1',
        { time: { case: 'local', value: '0000-12-31T23:59:59' } },
        ['local'],
        /Expected an instant from 0001/,
      ],
      [
        'a local time at the end of Temporal',
        { time: { case: 'local', value: '+275760-09-13T00:00:01' } },
        ['local'],
        /Expected an instant between/,
      ],
      [
        'an instant out of range',
        { time: { case: 'instant', value: { nanos: -5 } } },
        ['instant'],
        /Expected an instant from/,
      ],
      [
        'a disambiguation that there is not',
        { ...gap, ...({ disambiguation: 9 } as object) },
        ['disambiguation'],
        /got "9"/,
      ],
      ['all that is wrong at once', { from: 'x', to: ['UTC', 'y'] }, ['time', 'from', 'to[1]'], /to\[1\]/],
    ];
    for (const [what, request, fields, message] of bad) {
      it(`refuses ${what}`, () =>
        assertRefused(client.call(convert, request), status.INVALID_ARGUMENT, fields, message));
    }
  });
});

/** What ProtoJSON has for UTC at {@link NOW}, but for what is different; it leaves out what is false. */
function inUtc(difference: object) {
  const local = '2026-11-24T03:05:54.123456+00:00[UTC]';
  return { zone: 'UTC', local, offset: '+00:00', abbreviation: 'UTC', standardOffset: '+00:00', ...difference };
}

function standingAt(epochNs: bigint): Clock {
  return { now: () => ({ epochNs, state: 'unknown', boundNs: null, earliestNs: null, latestNs: null }) };
}
