import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ObjectReport } from '../../../infra/review/report.ts';
import { makeInstall, objectsOf, type Install } from './install.ts';

const COMMAND = join(import.meta.dirname, '../../../infra/review.ts');

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'review-'));
  after(() => rmSync(folder, { recursive: true }));

  function write(name: string, change: (install: Install) => void): string {
    const install = makeInstall();
    change(install);
    const path = join(folder, name);
    writeFileSync(
      path,
      objectsOf(install)
        .map((object) => JSON.stringify(object))
        .join('\n---\n'),
    );
    return path;
  }

  const run = (...args: string[]) => spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

  const same = write('same.yaml', () => {});
  const other = write('other.yaml', ({ settings }) => Object.assign(settings.metadata!, { labels: { team: 'a' } }));
  const bad = write('bad.yaml', ({ budget }) => Object.assign(budget.spec!, { maxUnavailable: 0 }));

  it('ends with 0 where nothing changes', () => {
    const { status, stdout } = run(same, same);
    assert.deepEqual([status, stdout], [0, 'Nothing changes.\n']);
  });

  it('ends with 1 where something does', () => {
    const { status, stdout } = run('--json', same, other);
    const report = JSON.parse(stdout) as ObjectReport[];
    assert.equal(status, 1);
    assert.deepEqual(report, [
      {
        installs: [''],
        kind: 'ConfigMap',
        namespace: 'review',
        name: 'clock',
        state: 'changed',
        fields: ['metadata.labels: {"team":"a"}, where there was none'],
        findings: [],
      },
    ]);
  });

  it('ends with 2 where it is dangerous', () => {
    const { status, stdout } = run('--markdown', same, bad);
    assert.equal(status, 2);
    assert.match(stdout, /^### Manifests: 1 object changes, 1 danger\.\n/);
  });

  it('ends with 3 and one line where a file is not there', () => {
    const { status, stdout, stderr } = run(same, join(folder, 'missing.yaml'));
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /^Expected a file or a folder, got ".*missing\.yaml"\n$/);
  });

  it('ends with 3 and the usage where it is asked for what it does not know', () => {
    for (const args of [[same], ['--live', same], ['--all']]) {
      const { status, stderr } = run(...args);
      assert.equal(status, 3, args.join(' '));
      assert.match(stderr, /usage: /);
    }
  });

  it('ends with 3 where the base is no commit', () => {
    const { status, stderr } = run('--base', 'no-such-commit');
    assert.equal(status, 3);
    assert.match(stderr, /no-such-commit/);
  });
});
