import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { openChronyd } from './chronyd.ts';
import { needTool } from '../outside-tool.ts';
import { HonestClock, type Verdict } from '../../app/clock/honest-clock.ts';
import { NtpReference, parseNtpServer } from '../../app/clock/ntp.ts';
import { openTimeSource } from '../../app/clock/time-source.ts';

const VERDICT_TIMEOUT_MS = 8000;
const time = openTimeSource(undefined);

/** A clock without a kernel that asks real servers, until it has a verdict on each. */
async function compareWith(names: readonly string[], wanted: readonly Verdict[]): Promise<HonestClock> {
  const clock = new HonestClock({ time, kernel: undefined, floorNs: 0n, references: names });
  using references = new DisposableStack();
  for (const name of names) {
    references.use(
      new NtpReference(parseNtpServer(name), time, {
        onAnswer: (answer) => clock.addAnswer(name, answer),
        onCountedOut: () => clock.countOut(name),
        onComplaint: () => {},
      }),
    );
  }
  const verdicts = () => clock.report().sources.map(({ verdict }) => verdict);
  const deadlineMs = performance.now() + VERDICT_TIMEOUT_MS;
  while (verdicts().join(' ') !== wanted.join(' ')) {
    if (performance.now() > deadlineMs) assert.deepEqual(verdicts(), wanted);
    await delay(10);
    clock.sample();
  }
  return clock;
}

describe('real NTP servers', function () {
  before(function () {
    needTool(this, 'chronyd', 'apt-get install chrony');
    needTool(this, 'faketime', 'apt-get install faketime');
  });

  it('give a bound around this machine’s time, where they serve it', async () => {
    await using chronyd = await openChronyd();
    const clock = await compareWith([chronyd.name], ['agrees']);
    const { state, epochNs, boundNs, earliestNs, latestNs } = clock.now();
    assert.equal(state, 'synchronized');
    assert.ok(boundNs !== null && boundNs < 100_000_000n, `the bound is ${boundNs} ns`);
    assert.ok(earliestNs !== null && earliestNs <= epochNs);
    assert.ok(latestNs !== null && latestNs >= epochNs);
  });

  it('of which one has a wrong clock agree against that one, by name', async () => {
    await using one = await openChronyd();
    await using other = await openChronyd();
    await using liar = await openChronyd('+2s');
    const clock = await compareWith([one.name, other.name, liar.name], ['agrees', 'agrees', 'contradicts']);
    const { state, boundNs } = clock.now();
    assert.equal(state, 'synchronized');
    assert.ok(boundNs !== null && boundNs < 100_000_000n, `the bound is ${boundNs} ns`);
    const offsetNs = clock.report().sources[2]?.offsetNs;
    assert.ok(offsetNs && offsetNs.lowNs < 2_000_000_000n && 2_000_000_000n < offsetNs.highNs);
  });

  it('of which one has stopped go on without it', async () => {
    await using one = await openChronyd();
    await using stopped = await openChronyd();
    await stopped.stop();
    const clock = await compareWith([one.name, stopped.name], ['agrees', 'silent']);
    assert.equal(clock.now().state, 'synchronized');
  });
});
