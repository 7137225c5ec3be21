/** The two clocks of a machine: the one on the wall, which may be set, and one that only runs. */
import type { Kernel } from './kernel.ts';

/** Where readings come from; a simulation gives its own. Both in nanoseconds. */
export interface TimeSource {
  /** Since 1970-01-01T00:00:00Z. */
  wallNs(): bigint;
  /** Since some instant in the past; no step moves it. */
  monotonicNs(): bigint;
}

/**
 * Without a kernel to ask, Node's own clocks serve. Temporal takes four times as long to tell the time, and a daemon slews
 * Node's monotonic clock along with the wall clock: by at most 500 ppm where the kernel does it, by more where chrony
 * corrects a large error.
 */
export function openTimeSource(kernel: Kernel | undefined): TimeSource {
  if (kernel) return { wallNs: () => kernel.readWallNs(), monotonicNs: () => kernel.readMonotonicNs() };
  return { wallNs: () => Temporal.Now.instant().epochNanoseconds, monotonicNs: () => process.hrtime.bigint() };
}

/** Both clocks, read together. */
export interface Moment {
  readonly wallNs: bigint;
  /** The monotonic clock just before and just after the wall clock was read. */
  readonly beforeNs: bigint;
  readonly afterNs: bigint;
}

const TRIES = 3;
const CLOSE_NS = 50_000n;

/** Reads both clocks as closely together as a few tries allow: the process may lose the processor in between. */
export function readMoment(time: TimeSource): Moment {
  let closest: Moment | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    const beforeNs = time.monotonicNs();
    const wallNs = time.wallNs();
    const afterNs = time.monotonicNs();
    if (!closest || afterNs - beforeNs < closest.afterNs - closest.beforeNs) closest = { wallNs, beforeNs, afterNs };
    if (afterNs - beforeNs <= CLOSE_NS) break;
  }
  return closest as Moment;
}
