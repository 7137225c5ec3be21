import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { runClock } from '../../app/clock/clock-loop.ts';
import { parseNtpServer } from '../../app/clock/ntp.ts';
import { openChronyd } from '../clock/chronyd.ts';
import { needTool } from '../outside-tool.ts';

describe('a real NTP server that stops', function () {
  this.timeout(120_000);

  before(function () {
    needTool(this, 'chronyd', 'apt-get install chrony');
  });

  it('is silent within a minute and a half, and the clock goes on with the other', async () => {
    await using one = await openChronyd();
    await using other = await openChronyd();
    const complaints: string[] = [];
    using running = runClock(undefined, {
      floorNs: 0n,
      ntpServers: [one.name, other.name].map(parseNtpServer),
      onComplaint: (source) => complaints.push(source),
    });
    const { clock } = running;
    const verdicts = () => clock.report().sources.map(({ verdict }) => verdict);
    while (verdicts().includes('silent')) await delay(50);
    assert.deepEqual(verdicts(), ['agrees', 'agrees']);

    await other.stop();
    const stoppedMs = performance.now();
    while (!verdicts().includes('silent')) await delay(50);
    assert.ok(performance.now() - stoppedMs < 90_000);
    assert.deepEqual(verdicts(), ['agrees', 'silent']);
    assert.deepEqual(complaints, [other.name]);
    assert.equal(clock.now().state, 'synchronized');
  });
});
