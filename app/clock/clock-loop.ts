/** The clock of this process: the real kernel, the real clocks, NTP references, and the one loop that samples them. */
import { HonestClock } from './honest-clock.ts';
import { openKernel, type Kernel } from './kernel.ts';
import { NtpReference, type NtpServer } from './ntp.ts';
import { openTimeSource, type TimeSource } from './time-source.ts';

/** How often the clocks are looked at: often enough that a step is found within a second though a timer is late. */
const SAMPLE_INTERVAL_MS = 250;

export interface ClockOptions {
  /** What is added to the kernel's account of its error. */
  readonly floorNs: bigint;
  readonly ntpServers: readonly NtpServer[];
  /** What an operator should hear of: that the kernel cannot be asked, that a server refuses. */
  readonly onComplaint: (source: string, complaint: string) => void;
}

/** A clock that is kept up to date until it is disposed of. */
export interface RunningClock extends Disposable {
  readonly clock: HonestClock;
  /** The clocks that it samples. */
  readonly time: TimeSource;
}

export async function startClock(options: ClockOptions): Promise<RunningClock> {
  let kernel: Kernel | undefined;
  try {
    kernel = await openKernel();
  } catch (error) {
    options.onComplaint('kernel', (error as Error).message);
  }
  return runClock(kernel, options);
}

/** @param kernel undefined where none can be asked */
export function runClock(kernel: Kernel | undefined, { floorNs, ntpServers, onComplaint }: ClockOptions): RunningClock {
  const time = openTimeSource(kernel);
  const clock = new HonestClock({ time, kernel, floorNs, references: ntpServers.map(({ name }) => name) });

  const resources = new DisposableStack();
  const timer = setInterval(() => clock.sample(), SAMPLE_INTERVAL_MS).unref();
  resources.defer(() => clearInterval(timer));
  const references = ntpServers.map((server) =>
    resources.use(
      new NtpReference(server, time, {
        onAnswer: (answer) => clock.addAnswer(server.name, answer),
        onCountedOut: () => clock.countOut(server.name),
        onComplaint: (complaint) => onComplaint(server.name, complaint),
      }),
    ),
  );
  resources.use(
    clock.subscribe(({ kind }) => {
      if (kind === 'step') for (const reference of references) reference.hasten();
    }),
  );
  return { clock, time, [Symbol.dispose]: () => resources.dispose() };
}
