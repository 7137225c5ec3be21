/** A machine whose clocks stand still until a test moves them, and a kernel that says what a test lets it say. */
import { HonestClock, type ClockChange } from '../../app/clock/honest-clock.ts';
import type { KernelReading } from '../../app/clock/kernel.ts';
import { openTimeSource } from '../../app/clock/time-source.ts';

export const MS = 1_000_000n;
export const SECOND = 1_000_000_000n;

/** True time when a machine begins: 2026-11-24T03:05:54Z. */
export const START = 1_795_489_554n * SECOND;

export const SYNCHRONIZED: KernelReading = {
  maxErrorNs: 2n * MS,
  estimatedErrorNs: 1n * MS,
  offsetNs: 0n,
  frequencyPpm: 0,
  status: 0x2001,
  isUnsynchronized: false,
  leap: 'none',
  taiOffsetS: 37,
};

export class Machine {
  trueNs = START;
  monotonicNs = 5n * SECOND;
  /** The wall clock minus true time. */
  wallErrorNs = 0n;
  kernel: KernelReading | undefined = SYNCHRONIZED;

  wallNs(): bigint {
    return this.trueNs + this.wallErrorNs;
  }

  /** Lets time pass; an undisturbed kernel counts its error up each second. */
  pass(elapsedNs: bigint): void {
    this.trueNs += elapsedNs;
    this.monotonicNs += elapsedNs;
    if (this.kernel) {
      const maxErrorNs = this.kernel.maxErrorNs + (elapsedNs / SECOND) * 500_000n;
      this.kernel = { ...this.kernel, maxErrorNs: maxErrorNs < 16n * SECOND ? maxErrorNs : 16n * SECOND };
    }
  }

  openClock({ floorNs = 0n, references }: { floorNs?: bigint; references?: string[] } = {}): HonestClock {
    return new HonestClock({
      time: { wallNs: () => this.wallNs(), monotonicNs: () => this.monotonicNs },
      kernel: { readClock: () => this.kernel },
      floorNs,
      ...(references && { references }),
    });
  }
}

/** A clock on the real time of this machine, of which nothing else is known. */
export function openBareClock(): HonestClock {
  return new HonestClock({ time: openTimeSource(undefined), kernel: undefined, floorNs: 0n });
}

/** Collects what a clock tells its subscribers. */
export function collectChanges(clock: HonestClock): ClockChange[] {
  const changes: ClockChange[] = [];
  clock.subscribe((change) => changes.push(change));
  return changes;
}
