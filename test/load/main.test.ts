import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import type { LoadReport } from './report.ts';
import { openServer } from './servers.ts';

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = execFile(process.execPath, ['test/load/main.ts', ...args]);
  const ended = once(child, 'close') as Promise<[number]>;
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
  return { code, stdout, stderr };
}

describe('the load program', () => {
  it('writes its report as text, and as JSON', async () => {
    await using server = await openServer((_, response) => response.end());
    const plan = ['--url', server.url, '--keep-alive', '2', '--requests', '50'];
    const asText = await run(...plan);
    assert.equal(asText.code, 0);
    assert.match(asText.stdout, /^50 requests in .*, 0 failed\nanswers {2}200: 50\nerrors {3}none\n/);
    const asJson = await run(...plan, '--json');
    assert.equal(asJson.code, 0);
    assert.deepEqual((JSON.parse(asJson.stdout) as LoadReport).answers, { 200: 50 });
  });

  it('writes each second how many requests have ended, where that is asked for', async () => {
    await using server = await openServer((_, response) => response.end());
    const { stdout } = await run('--url', server.url, '--rate', '50', '--seconds', '2', '--json', '--progress');
    const [first, ...rest] = stdout.trim().split('\n');
    const { ended } = JSON.parse(first!) as { ended: number };
    const { requests } = JSON.parse(rest.at(-1)!) as LoadReport;
    assert.ok(ended > 0 && ended < requests, `${ended} of ${requests}`);
  });

  it('ends with 1 where a request failed', async () => {
    await using server = await openServer((request) => request.socket.resetAndDestroy());
    const { code, stdout } = await run('--url', server.url, '--keep-alive', '1', '--requests', '3');
    assert.equal(code, 1);
    assert.match(stdout, /3 failed\nanswers {2}none\nerrors {3}ECONNRESET: 3\n/);
  });

  it('says what it expected where it cannot run', async () => {
    const { code, stderr } = await run('--rate', 'fast');
    assert.equal(code, 2);
    assert.equal(stderr, 'Expected a whole number for --rate, got "fast"\n');
  });
});
