/** Steps of a real process's wall clock, made by libfaketime. What is measured here stands as a table in docs/clock.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { openChronyd } from './chronyd.ts';
import { FakeClock } from './fake-clock.ts';
import { needTool } from '../outside-tool.ts';

const FOUND_WITHIN_MS = 1000;

/** A change of the clock as faked-clock.ts writes it, and when its line came. */
interface Line {
  readonly kind: string;
  readonly source?: string;
  readonly to?: string;
  readonly step?: { readonly sizeNs: number };
  readonly atMs: number;
}

/** Starts a clock whose wall clock is off by what libfaketime reads from a file. */
async function startFaked(fake: string, ntpServers: readonly string[] = []) {
  const clock = await FakeClock.open(fake);
  const child = spawn(process.execPath, ['test/clock/faked-clock.ts', ...ntpServers], {
    env: { PATH: process.env['PATH'], ...clock.environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  /** The next change that a test waits for. */
  const next = async (isWanted: (line: Line) => boolean): Promise<Line> => {
    for (;;) {
      const { value, done } = await lines.next();
      assert.ok(!done, 'The clock ended');
      const line = { ...(JSON.parse(value) as Omit<Line, 'atMs'>), atMs: performance.now() };
      if (isWanted(line)) return line;
    }
  };
  await next(({ kind }) => kind === 'ready');
  return {
    setFake: (text: string) => clock.set(text),
    next,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await clock[Symbol.asyncDispose]();
    },
  };
}

describe('the clock under libfaketime', function () {
  this.timeout(60_000);

  before(function () {
    needTool(this, 'faketime', 'apt-get install faketime');
    needTool(this, 'chronyd', 'apt-get install chrony');
  });

  let faked: Awaited<ReturnType<typeof startFaked>>;
  before(async () => {
    faked = await startFaked('+0');
  });
  after(() => faked[Symbol.asyncDispose]());

  // Each row sets the clock forward and back again.
  for (const [name, seconds] of [
    ['5 ms', 0.005],
    ['1 s', 1],
    ['1 h', 3600],
    ['10 years', 315_360_000],
  ] as const) {
    for (const [way, sign] of [
      ['forward', 1],
      ['backward', -1],
    ] as const) {
      it(`finds a step of ${name} ${way} within a second`, async function () {
        const startMs = performance.now();
        await faked.setFake(sign > 0 ? `+${seconds}` : '+0');
        const { step, atMs } = await faked.next(({ kind }) => kind === 'step');
        const foundMs = atMs - startMs;
        this.test!.title += ` (after ${Math.round(foundMs)} ms)`;
        const sizeMs = (step?.sizeNs ?? 0) / 1e6;
        assert.ok(Math.abs(sizeMs - sign * seconds * 1000) < 1, `${sizeMs} ms were found`);
        assert.ok(foundMs < FOUND_WITHIN_MS, `It was found after ${foundMs} ms`);
      });
    }
  }

  it('takes a drift of 0.2 % for no step, and tells that an NTP server contradicts the kernel', async function () {
    await using chronyd = await openChronyd();
    await using drifting = await startFaked('+0 x1.002', [chronyd.name]);
    const startMs = performance.now();
    const { source, atMs } = await drifting.next(({ kind, to }) => kind === 'step' || to === 'contradicts');
    this.test!.title += ` (after ${Math.round(atMs - startMs)} ms)`;
    assert.equal(source, 'kernel');
  });
});
