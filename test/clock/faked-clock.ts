/**
 * The clock as a process of its own, to be run under libfaketime, which fakes the wall clock but not the kernel: that one
 * goes on to say that the clock is right to a millisecond. Writes each change as a line of JSON.
 *
 *     node test/clock/faked-clock.ts [NTP_SERVER…]
 */
import { MS, SYNCHRONIZED } from './machine.ts';
import { runClock } from '../../app/clock/clock-loop.ts';
import { parseNtpServer } from '../../app/clock/ntp.ts';

const kernel = {
  readClock: () => ({ ...SYNCHRONIZED, maxErrorNs: MS }),
  readWallNs: () => Temporal.Now.instant().epochNanoseconds,
  readMonotonicNs: () => process.hrtime.bigint(),
};
const { clock } = runClock(kernel, {
  floorNs: 0n,
  ntpServers: process.argv.slice(2).map(parseNtpServer),
  onComplaint: () => {},
});

function write(line: object): void {
  const text = JSON.stringify(line, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  process.stdout.write(`${text}\n`);
}

clock.subscribe((change) => write({ ...change, boundNs: clock.now().boundNs }));
write({ kind: 'ready' });
// The loop itself keeps no process alive.
process.stdin.resume();
