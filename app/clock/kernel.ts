/**
 * What the kernel knows of its own clock: `ntp_adjtime(2)` with nothing to set, which needs no privilege and is allowed by
 * the default seccomp profiles. Node has no call for it, so it goes through `node:ffi`. The time daemon wrote these numbers
 * and may have written nonsense (https://github.com/prometheus/node_exporter/issues/3764): what cannot be is refused.
 */

/** Struct timex of adjtimex(2) on a machine of 64 bits: its size, and which long or int each field is. */
const TIMEX_BYTES = 208;
const LONG = { offset: 1, frequency: 2, maxError: 3, estimatedError: 4 } as const;
const INT = { modes: 0, status: 10, tai: 40 } as const;

const STA_INS = 0x0010;
const STA_DEL = 0x0020;
const STA_UNSYNC = 0x0040;
const STA_NANO = 0x2000;

/** Where the kernel stops counting (NTP_PHASE_LIMIT): from here on it knows no bound. */
export const KERNEL_LIMIT_NS = 16_000_000_000n;

/** What the kernel adds to its maximal error each second (MAXFREQ, 500 ppm). */
const KERNEL_GROWTH_NS = 500_000n;

/** The largest offset that the kernel takes from a daemon (MAXPHASE). */
const MAX_OFFSET_NS = 500_000_000n;

/** The clocks of clock_gettime(2). Unlike CLOCK_MONOTONIC, the raw one is not slewed: a slew of the wall clock is seen too. */
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC_RAW = 4;

/** Struct timespec: seconds and nanoseconds. */
const TIMESPEC_BYTES = 16;
const NS_PER_S = 1_000_000_000n;

/** A second that the last minute of the UTC day has too many or too few. */
export type Leap = 'none' | 'insert' | 'delete';

/** By what `ntp_adjtime` returns, up to TIME_WAIT. */
const LEAPS: readonly Leap[] = ['none', 'insert', 'delete', 'none', 'none'];

/** What it returns instead while the clock is unsynchronised. */
const TIME_ERROR = 5;

/** One reading of the kernel's variables. */
export interface KernelReading {
  /** How far the wall clock may be from true time by the daemon's account, at most {@link KERNEL_LIMIT_NS}. */
  readonly maxErrorNs: bigint;
  readonly estimatedErrorNs: bigint;
  /** What the kernel has still to slew. */
  readonly offsetNs: bigint;
  readonly frequencyPpm: number;
  /** The status bits, raw. */
  readonly status: number;
  /** STA_UNSYNC; chrony clears it only with `rtcsync`, so that alone it decides nothing. */
  readonly isUnsynchronized: boolean;
  readonly leap: Leap;
  /** International atomic time minus UTC in seconds, 0 where the kernel was not told. */
  readonly taiOffsetS: number;
}

/** The parts of the kernel that the clock reads. */
export interface Kernel {
  /** @returns undefined where what was read cannot be */
  readClock(): KernelReading | undefined;
  /** The wall clock, in nanoseconds since 1970-01-01T00:00:00Z. */
  readWallNs(): bigint;
  /** A monotonic clock that nobody slews, in nanoseconds. */
  readMonotonicNs(): bigint;
}

/** @throws Error where this machine or this Node has no way to the kernel */
export async function openKernel(): Promise<Kernel> {
  if (process.platform !== 'linux') throw new Error(`Expected Linux, got ${process.platform}`);
  const { dlopen, getRawPointer } = await import('node:ffi');
  const { functions } = dlopen(null, {
    ntp_adjtime: { return: 'int32', arguments: ['pointer'] },
    clock_gettime: { return: 'int32', arguments: ['int32', 'pointer'] },
  });
  const timex = new ArrayBuffer(TIMEX_BYTES);
  const modes = new Int32Array(timex, INT.modes, 1);
  const timespec = new BigInt64Array(new ArrayBuffer(TIMESPEC_BYTES));
  // Finding the address is half of what a call costs. A buffer that stands by itself is never moved.
  const timespecAddress = getRawPointer(timespec.buffer);
  const readNs = (clock: number): bigint => {
    functions.clock_gettime(clock, timespecAddress);
    return (timespec[0] as bigint) * NS_PER_S + (timespec[1] as bigint);
  };
  const kernel: Kernel = {
    readClock() {
      modes[0] = 0;
      return decodeTimex(functions.ntp_adjtime(timex), timex);
    },
    readWallNs: () => readNs(CLOCK_REALTIME),
    readMonotonicNs: () => readNs(CLOCK_MONOTONIC_RAW),
  };
  if (functions.clock_gettime(CLOCK_MONOTONIC_RAW, timespecAddress) !== 0 || functions.ntp_adjtime(timex) < 0) {
    throw new Error('The kernel refuses to tell its clock');
  }
  return kernel;
}

/**
 * @param returned by `ntp_adjtime`: the state of the clock, or -1
 * @returns undefined where a value cannot be
 */
export function decodeTimex(returned: number, timex: ArrayBuffer): KernelReading | undefined {
  const ints = new Int32Array(timex);
  const longs = new BigInt64Array(timex);
  const long = (index: number) => longs[index] as bigint;
  const status = ints[INT.status] as number;
  const reading = {
    maxErrorNs: long(LONG.maxError) * 1000n,
    estimatedErrorNs: long(LONG.estimatedError) * 1000n,
    offsetNs: long(LONG.offset) * (status & STA_NANO ? 1n : 1000n),
    frequencyPpm: Number(long(LONG.frequency)) / 65_536,
    status,
    isUnsynchronized: (status & STA_UNSYNC) !== 0,
    leap: returned === TIME_ERROR ? announcedLeap(status) : LEAPS[returned],
    taiOffsetS: ints[INT.tai] as number,
  };
  const { maxErrorNs, estimatedErrorNs, offsetNs, leap } = reading;
  const isPossible =
    leap !== undefined &&
    maxErrorNs >= 0n &&
    maxErrorNs <= KERNEL_LIMIT_NS &&
    estimatedErrorNs >= 0n &&
    estimatedErrorNs <= KERNEL_LIMIT_NS &&
    offsetNs >= -MAX_OFFSET_NS &&
    offsetNs <= MAX_OFFSET_NS;
  return isPossible ? { ...reading, leap } : undefined;
}

/** The leap second that a daemon told the kernel of. */
function announcedLeap(status: number): Leap {
  if (status & STA_INS) return 'insert';
  return status & STA_DEL ? 'delete' : 'none';
}

/**
 * Whether a daemon wrote to the kernel between two readings. Left alone the maximal error grows by 500 µs a second and by
 * nothing else.
 */
export function isRenewed(previous: KernelReading, next: KernelReading, elapsedNs: bigint): boolean {
  const growthNs = next.maxErrorNs - previous.maxErrorNs;
  const seconds = elapsedNs / 1_000_000_000n + 1n;
  return growthNs < 0n || growthNs > seconds * KERNEL_GROWTH_NS || growthNs % KERNEL_GROWTH_NS !== 0n;
}
