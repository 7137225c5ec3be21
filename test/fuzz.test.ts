/**
 * Whatever text or bytes a stranger sends, a parser of the domain gives a value or says what it expected; nothing else is
 * thrown, and what it gives, written out, is read as the same again. In `make test` each has a third of a second, in
 * `make fuzz` (FUZZ_SECONDS=60) a minute. A failure prints its seed; what it found becomes a case of its own elsewhere.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';

import * as fc from 'fast-check';

import { openService, type TestService } from './http/service.ts';
import { decodeAnswer } from '../app/clock/ntp-packet.ts';
import { parseNtpServer } from '../app/clock/ntp.ts';
import { findClientAddress, normalizeAddress, parseNetworks } from '../app/networks.ts';
import { parsePeerSource } from '../app/peers/peer-source.ts';
import { readTraceParent } from '../app/telemetry/trace-parent.ts';
import { addDuration, parseDuration } from '../app/zones/arithmetic.ts';
import { ExpectationError } from '../app/zones/expectation.ts';
import { formatInstant, parseInstant, parseLocalTime, parseTime } from '../app/zones/instant.ts';
import { parseCountry } from '../app/zones/zone-list.ts';
import { parseZone } from '../app/zones/zone.ts';
import { readCompiledZone } from '../tzdata/compiled-zone.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 0.3);

/** Runs a property until its time is over. */
async function fuzz<Input>(inputs: fc.Arbitrary<Input>, holds: (input: Input) => void | Promise<void>): Promise<void> {
  const limits = { numRuns: Infinity, interruptAfterTimeLimit: SECONDS * 1000, markInterruptAsFailure: false };
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => holds(input)),
    limits,
  );
}

/** The value, or undefined where the parser says what it expected. */
function attempt<Value>(parse: (text: string) => Value, text: string): Value | undefined {
  try {
    return parse(text);
  } catch (error) {
    assert.ok(error instanceof ExpectationError, `${JSON.stringify(text)}: ${String(error)}`);
    return undefined;
  }
}

/** Texts near to what is meant: pieces of it in any order, with strangers' characters in between. */
function textsOf(...pieces: string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...pieces) },
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  return fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 100 }),
  );
}

const digits = fc.integer({ min: 0, max: 99 }).map((number) => String(number).padStart(2, '0'));
const times = fc
  .tuple(
    fc.constantFrom('2026', '0000', '-271821', '+275760', '-000000', '9999'),
    fc.array(digits, { minLength: 5, maxLength: 5 }),
  )
  .map(([year, [month, day, hour, minute, second]]) => `${year}-${month}-${day}T${hour}:${minute}:${second}`);
const offsets = fc.oneof(
  fc.constant('Z'),
  digits.map((hours) => `+${hours}`),
  fc.tuple(digits, digits).map(([h, m]) => `-${h}:${m}`),
);
const timePieces = textsOf(
  '2026',
  '-',
  '01',
  '30',
  'T',
  '24',
  ':',
  '60',
  '.',
  '999999999',
  'Z',
  '+',
  '[',
  'Europe/Paris',
  'u-ca=hebrew',
  ']',
  '!',
);
const durations = textsOf('P', 'T', '-', '1', '0', '.', '999999999999', 'Y', 'M', 'W', 'D', 'H', 'S');

describe('fuzzing', function () {
  this.timeout(SECONDS * 1000 + 10_000);

  it('zones', () =>
    fuzz(
      textsOf('Europe', '/', 'Paris', 'UTC', 'etc', 'GMT', '+', '-', '05', ':', '30', '_', 'SystemV', '[', ']'),
      (text) => {
        const zone = attempt(parseZone, text);
        if (zone) assert.equal(parseZone(zone.id), zone);
      },
    ));

  it('countries', () =>
    fuzz(textsOf('CH', 'ch', 'ß', 'ﬁ', '__proto__', 'constructor'), (text) => void attempt(parseCountry, text)));

  it('instants', () =>
    fuzz(
      fc.oneof(
        timePieces,
        fc.tuple(times, offsets).map((parts) => parts.join('')),
      ),
      (text) => {
        const epochNs = attempt(parseInstant, text);
        if (epochNs === undefined) return;
        // The text has microseconds: it is rounded down.
        const roundedNs = parseInstant(formatInstant(epochNs));
        assert.ok(roundedNs <= epochNs && epochNs - roundedNs < 1000n, text);
      },
    ));

  it('local times', () =>
    fuzz(fc.oneof(timePieces, times), (text) => {
      const time = attempt(parseLocalTime, text);
      if (time) assert.ok(parseLocalTime(time.toString()).equals(time), text);
      attempt(parseTime, text);
    }));

  it('durations, and sums of them', () =>
    fuzz(
      fc.tuple(durations, fc.oneof(timePieces, times), fc.constantFrom('Europe/Paris', 'Africa/Casablanca', '-23:59')),
      ([text, at, zone]) => {
        const duration = attempt(parseDuration, text);
        const time = attempt(parseTime, at);
        if (duration) assert.equal(parseDuration(duration.toString()).toString(), duration.toString());
        if (duration && time !== undefined) attempt(() => addDuration(time, parseZone(zone), duration), text);
      },
    ));

  it('NTP servers, peers and networks', () =>
    fuzz(
      textsOf('host', '.', ':', '123', '[', ']', '2001:db8::1', '10.0.0.0', '/', '8', ',', 'dns:', 'kubernetes:', '-'),
      (text) => {
        for (const parse of [parseNtpServer, parsePeerSource, parseNetworks]) attempt<object>(parse, text);
      },
    ));

  it('the headers of proxies', () => {
    const trusted = parseNetworks('10.0.0.0/8, ::1');
    const hops = textsOf(
      '10.0.0.1',
      '192.0.2.1',
      ':80',
      ', ',
      'for=',
      '"',
      '[',
      ']',
      ';',
      '2001:db8::1',
      '%eth0',
      '::ffff:10.0.0.1',
      'unknown',
    );
    return fuzz(fc.record({ forwarded: hops, 'x-forwarded-for': hops }, { requiredKeys: [] }), (headers) => {
      const caller = { headers, socket: { remoteAddress: '10.0.0.1' } } as unknown as IncomingMessage;
      const address = findClientAddress(caller, trusted);
      assert.equal(normalizeAddress(address), address);
    });
  });

  it('traceparent', () =>
    fuzz(textsOf('00', '-', '0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331', '01'), (text) => {
      assert.match(readTraceParent(text).traceId, /^(?!0{32})[0-9a-f]{32}$/);
    }));

  it('packets of NTP', () => {
    const cookie = 0x0123_4567_89ab_cdefn;
    const packets = fc.uint8Array({ minLength: 40, maxLength: 60 }).map((bytes) => {
      const packet = Buffer.from(bytes);
      packet.writeBigUInt64BE(cookie, 24);
      return packet;
    });
    return fuzz(fc.tuple(packets, fc.bigInt({ min: 0n, max: 2n ** 63n })), ([packet, aboutNs]) => {
      const answer = decodeAnswer(packet, cookie, aboutNs);
      if (answer?.kind !== 'time') return;
      assert.ok(answer.boundNs > 0n && answer.t3Ns >= answer.t2Ns);
      const farthestNs = 2n ** 31n * 1_000_000_000n + 1_000_000_000n;
      assert.ok(answer.t2Ns >= aboutNs - farthestNs && answer.t2Ns <= aboutNs + farthestNs);
    });
  });

  it('compiled zones', () => {
    const header = Buffer.concat([Buffer.from('TZif2'), Buffer.alloc(15)]);
    const counts = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 6, maxLength: 6 }).map((numbers) => {
      const block = Buffer.alloc(24);
      for (const [index, number] of numbers.entries()) block.writeUInt32BE(number, index * 4);
      return block;
    });
    const files = fc
      .tuple(counts, fc.uint8Array({ maxLength: 4000 }))
      .map(([block, bytes]) => Buffer.concat([header, Buffer.alloc(24), header, block, bytes]));
    return fuzz(
      fc.oneof(
        files,
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      (file) => {
        try {
          assert.ok(readCompiledZone(file).first.abbreviation.length >= 0);
        } catch (error) {
          // What is read past the end of a file, or is none of its types, makes `make tzdata` fail and say so.
          assert.ok(error instanceof Error && !(error instanceof TypeError), String(error));
        }
      },
    );
  });

  describe('over HTTP', () => {
    let service: TestService;
    before(async () => {
      service = await openService();
    });
    after(() => service[Symbol.asyncDispose]());

    /** What may stand in a header: Node's client refuses to send anything else. */
    const headerText = (...pieces: string[]) =>
      textsOf(...pieces).map((text) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, ''));

    async function ask(path: string, headers: Record<string, string>): Promise<number> {
      const asked = request(`${service.url}${path}`, { headers }).end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      return response.statusCode!;
    }

    it('Accept and If-None-Match', () => {
      const accept = headerText(
        'text/plain',
        'application/json',
        '*/*',
        'text/*',
        ';',
        'q=',
        '0.5',
        ',',
        '=',
        '"',
        '/',
      );
      const tags = headerText('W/', '"', '*', ',', '2026c');
      return fuzz(fc.record({ accept, 'if-none-match': tags }), async (headers) => {
        assert.ok([200, 304, 406].includes(await ask('/v1/zones/Europe/Paris', headers)));
      });
    });

    it('targets', () => {
      const pieces = [
        '/',
        'v1',
        'api',
        'zones',
        'timezone',
        'Europe/Paris',
        '..',
        '%2e',
        '%',
        '%00',
        '?',
        '&',
        '=',
        'zone',
        'at',
        '+',
        '.txt',
      ];
      const paths = headerText(...pieces).map((text) => `/${text.replace(/[^\x21-\x7e]/g, '')}`);
      return fuzz(paths, async (path) => assert.ok((await ask(path, {})) < 500, path));
    });
  });
});
