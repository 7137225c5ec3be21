import assert from 'node:assert/strict';

import { decodeTimex, isRenewed, openKernel } from '../../app/clock/kernel.ts';
import { MS, SECOND, SYNCHRONIZED } from './machine.ts';

/** Struct timex as adjtimex(2) lays it out, of a clock that chrony disciplines, with some longs replaced. */
function timex(longs: Readonly<Record<number, bigint>> = {}, status = 0x2001): ArrayBuffer {
  const memory = new ArrayBuffer(208);
  const view = new BigInt64Array(memory);
  view.set([0n, -12_345n, 655_360n, 1500n, 250n]);
  for (const [index, value] of Object.entries(longs)) view[Number(index)] = value;
  new Int32Array(memory)[10] = status;
  new Int32Array(memory)[40] = 37;
  return memory;
}

describe('a reading of the kernel', () => {
  it('is decoded field by field', () => {
    assert.deepEqual(decodeTimex(1, timex()), {
      maxErrorNs: 1_500_000n,
      estimatedErrorNs: 250_000n,
      offsetNs: -12_345n,
      frequencyPpm: 10,
      status: 0x2001,
      isUnsynchronized: false,
      leap: 'insert',
      taiOffsetS: 37,
    });
  });

  it('has its offset in microseconds unless the status says nanoseconds', () => {
    assert.equal(decodeTimex(0, timex({}, 1))?.offsetNs, -12_345_000n);
  });

  it('of a clock that nobody ever set is at the kernel’s limit', () => {
    const reading = decodeTimex(5, timex({ 1: 0n, 3: 16_000_000n, 4: 16_000_000n }, 0x40));
    assert.equal(reading?.maxErrorNs, 16n * SECOND);
    assert.equal(reading?.isUnsynchronized, true);
  });

  for (const [status, leap] of [
    [0x40, 'none'],
    [0x50, 'insert'],
    [0x60, 'delete'],
  ] as const) {
    it(`says which leap second is coming though the clock is unsynchronised: ${leap}`, () => {
      assert.equal(decodeTimex(5, timex({}, status))?.leap, leap);
    });
  }

  for (const [name, returned, longs] of [
    ['an offset of exactly 2^32 ns', 0, { 1: 4_294_967_296n }],
    ['an offset of minus 2^32 ns', 0, { 1: -4_294_967_296n }],
    ['a negative maximal error', 0, { 3: -1n }],
    ['a maximal error beyond the limit', 0, { 3: 16_000_001n }],
    ['an estimated error beyond the limit', 0, { 4: 16_000_001n }],
    ['a state that adjtimex(2) does not know', 6, {}],
    ['a failed call', -1, {}],
  ] as const) {
    it(`is refused for ${name}`, () => {
      assert.equal(decodeTimex(returned, timex(longs)), undefined);
    });
  }

  it('can be had on this machine, with a monotonic clock and the wall clock that Node has', async () => {
    const kernel = await openKernel();
    const before = BigInt(Date.now()) * MS;
    const wallNs = kernel.readWallNs();
    assert.ok(wallNs >= before && wallNs <= BigInt(Date.now() + 1) * MS, String(wallNs));
    assert.ok((kernel.readClock()?.maxErrorNs ?? -1n) >= 0n);
    const first = kernel.readMonotonicNs();
    assert.ok(first > 0n && kernel.readMonotonicNs() > first);
  });
});

describe('a daemon’s writing to the kernel', () => {
  const reading = (maxErrorNs: bigint) => ({ ...SYNCHRONIZED, maxErrorNs });

  for (const [name, previous, next, isSeen] of [
    ['nothing', 2n * MS, 2n * MS, false],
    ['the count of one second', 2n * MS, 2n * MS + 500_000n, false],
    ['the count of two seconds, a tick apart', 2n * MS, 3n * MS, false],
    ['a smaller error', 2n * MS, 0n, true],
    ['an error that was not counted up to', 2n * MS, 2n * MS + 1000n, true],
    ['a larger error than could be counted to', 2n * MS, 9n * MS, true],
    ['the reset when the clock is set', 2n * MS, 16n * SECOND, true],
  ] as const) {
    it(`is ${isSeen ? '' : 'not '}seen in ${name}`, () => {
      assert.equal(isRenewed(reading(previous), reading(next), SECOND), isSeen);
    });
  }
});
