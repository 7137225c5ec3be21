import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

function run(...args: string[]) {
  return spawnSync(process.execPath, ['infra/capacity.ts', ...args], { encoding: 'utf8' });
}

describe('the capacity program', () => {
  it('says what a load takes', () => {
    const { status, stdout, stderr } = run('--rps', '50000', '--p99', '5ms');
    assert.deepEqual([status, stderr], [0, '']);
    const pods = Number(/^pods +(\d+)/.exec(stdout)?.[1]);
    const [, each = '', most = ''] = /serves ([\d,]+)\/s, at most ([\d,]+)\/s/.exec(stdout) ?? [];
    const toNumber = (text: string) => Number(text.replaceAll(',', ''));
    assert.ok(pods * toNumber(each) >= 50_000 && toNumber(most) > toNumber(each), stdout);
    for (const line of ['autoscaler', 'p99', 'rollout', 'node lost', 'cost'])
      assert.match(stdout, RegExp(`^${line} +\\S`, 'm'));
  });

  it('says what docs/capacity.md has of it', async () => {
    const document = await readFile('docs/capacity.md', 'utf8');
    const [, args = '', output] = /^\$ node infra\/capacity\.ts (.*)\n([^]*?)```/m.exec(document) ?? [];
    assert.equal(run(...args.split(' ')).stdout, output);
  });

  for (const [args, message] of [
    [['--rps', 'many', '--p99', '5ms'], 'Expected a whole number for --rps, got "many"\n'],
    [['--rps', '50000', '--p99', '5'], 'Expected milliseconds such as 5ms for --p99, got "5"\n'],
    [['--rps', '50000'], 'Expected milliseconds such as 5ms for --p99, got undefined\n'],
  ] as const) {
    it(`refuses ${args.join(' ')}`, () => {
      const { status, stderr } = run(...args);
      assert.deepEqual([status, stderr], [1, message]);
    });
  }
});
