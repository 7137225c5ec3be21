import assert from 'node:assert/strict';

import { openNtpServer, packAnswer } from './ntp-server.ts';
import type { ReferenceAnswer } from '../../app/clock/honest-clock.ts';
import { NtpReference, parseNtpServer } from '../../app/clock/ntp.ts';
import { openTimeSource } from '../../app/clock/time-source.ts';
import { ExpectationError } from '../../app/zones/expectation.ts';

const time = openTimeSource(undefined);

/** Asks what may be a server until it answered or there was a complaint. */
async function askAddress(address: string) {
  const { promise, resolve } = Promise.withResolvers<ReferenceAnswer | string>();
  let isCountedOut = false;
  using references = new DisposableStack();
  references.use(
    new NtpReference(parseNtpServer(address), time, {
      onAnswer: resolve,
      onComplaint: resolve,
      onCountedOut: () => {
        isCountedOut = true;
      },
    }),
  );
  const came = await promise;
  await new Promise(setImmediate);
  return { came, isCountedOut };
}

/** Asks a server until it answered or complained once. */
async function askOnce(answer: (query: Buffer) => readonly Buffer[]) {
  await using server = await openNtpServer(answer);
  const asked = await askAddress(`127.0.0.1:${server.port}`);
  return { ...asked, questions: server.questions() };
}

function withKiss(query: Buffer, code: string): Buffer {
  const answer = packAnswer(query, time.wallNs());
  answer.writeUInt8(0, 1);
  answer.write(code, 12, 'latin1');
  return answer;
}

describe('an NTP reference', () => {
  it('gives an interval that holds the server’s time, as wide as delay and the server’s own bound', async () => {
    const { came } = await askOnce((query) => [packAnswer(query, time.wallNs())]);
    assert.ok(typeof came === 'object');
    const { interval, askedAtNs, answeredAtNs, leap } = came;
    const offsetNs = time.wallNs() - time.monotonicNs();
    assert.ok(interval.lowNs < offsetNs && offsetNs < interval.highNs);
    const widthNs = interval.highNs - interval.lowNs;
    const delayNs = answeredAtNs - askedAtNs;
    assert.ok(widthNs >= 31_000_000n && widthNs <= 31_300_000n + 2n * delayNs, `${widthNs}`);
    assert.equal(leap, 'none');
  });

  it('waits for the right answer though a forged one comes first', async () => {
    const forged = (query: Buffer) => {
      const packet = packAnswer(query, 0n);
      packet.writeUInt8(packet.readUInt8(24) ^ 1, 24);
      return packet;
    };
    const { came } = await askOnce((query) => [forged(query), packAnswer(query, time.wallNs())]);
    assert.ok(typeof came === 'object');
    assert.ok(came.interval.highNs > time.wallNs() - time.monotonicNs());
  });

  for (const code of ['DENY', 'RSTR']) {
    it(`no longer counts once it has refused: ${code}`, async () => {
      assert.deepEqual(await askOnce((query) => [withKiss(query, code)]), {
        came: `it answers "${code}"`,
        isCountedOut: true,
        questions: 1,
      });
    });
  }

  it('still counts when it wants to be asked less', async () => {
    const { came, isCountedOut } = await askOnce((query) => [withKiss(query, 'RATE')]);
    assert.deepEqual([came, isCountedOut], ['it answers "RATE"', false]);
  });

  it('is told of where it stays longer with the question than the question was away', async () => {
    const { came } = await askOnce((query) => {
      const packet = packAnswer(query, time.wallNs());
      packet.writeUInt32BE(packet.readUInt32BE(40) + 5, 40);
      return [packet];
    });
    assert.equal(came, 'it stayed with the question longer than it took');
  });

  it('is told of where nobody answers', async () => {
    const { came } = await askOnce(() => []);
    assert.equal(came, 'no answer within 1000 ms');
  });

  it('is told of where there is no way to it', async () => {
    // The kernel lets nobody connect to the broadcast address who has not asked for leave.
    const { came } = await askAddress('255.255.255.255');
    assert.ok(typeof came === 'string');
    assert.match(came, /^connect E[A-Z]+ 255\.255\.255\.255/);
  });
});

describe('the name of an NTP server', () => {
  for (const [text, host, port] of [
    ['time.example.com', 'time.example.com', 123],
    ['192.0.2.1:11123', '192.0.2.1', 11_123],
    ['[2001:db8::1]', '2001:db8::1', 123],
    ['[2001:db8::1]:124', '2001:db8::1', 124],
  ] as const) {
    it(`is read: ${text}`, () => {
      assert.deepEqual(parseNtpServer(text), { name: text, host, port });
    });
  }

  for (const text of ['', 'a b', 'host:0', 'host:65536', 'host:x', '2001:db8::1', '[host]', 'ntp://host']) {
    it(`is refused: ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseNtpServer(text), ExpectationError);
    });
  }
});
