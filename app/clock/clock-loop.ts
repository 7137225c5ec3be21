/** The clock of this process: the real kernel, the real clocks, and the one loop that samples them. */
import { HonestClock } from './honest-clock.ts';
import { openKernel, type Kernel } from './kernel.ts';
import { openTimeSource } from './time-source.ts';

/** How often the clocks are looked at: often enough that a step is found within a second though a timer is late. */
const SAMPLE_INTERVAL_MS = 250;

/** A clock that is kept up to date until it is disposed of. */
export interface RunningClock extends Disposable {
  readonly clock: HonestClock;
  /** Why the kernel cannot be asked, where it cannot: then only references can give a bound. */
  readonly kernelFailure: unknown;
}

/** @param floorNs what is added to the kernel's account of its error */
export async function startClock({ floorNs }: { floorNs: bigint }): Promise<RunningClock> {
  let kernel: Kernel | undefined;
  let kernelFailure: unknown;
  try {
    kernel = await openKernel();
  } catch (error) {
    kernelFailure = error;
  }
  const clock = new HonestClock({ time: openTimeSource(kernel), kernel, floorNs });
  const timer = setInterval(() => clock.sample(), SAMPLE_INTERVAL_MS).unref();
  return { clock, kernelFailure, [Symbol.dispose]: () => clearInterval(timer) };
}
