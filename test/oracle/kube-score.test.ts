import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { needTool } from '../outside-tool.ts';

const INSTALL = 'go install github.com/zegl/kube-score/cmd/kube-score@v1.20.0';
const DIST = join(import.meta.dirname, '../../dist');

interface Score {
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
  }[];
}

/** Of kube-score's grades, the worst. */
const CRITICAL = 1;

describe('kube-score', () => {
  before(function () {
    needTool(this, 'kube-score', INSTALL);
  });

  it('finds nothing critical in production', () => {
    const files = readdirSync(DIST)
      .filter((name) => name.startsWith('production.'))
      .map((name) => join(DIST, name));
    const { stdout } = spawnSync('kube-score', ['score', '--output-format', 'json', ...files], { encoding: 'utf8' });
    const scores = JSON.parse(stdout) as Score[];
    const graded = scores.flatMap(({ object_name: object, checks }) =>
      checks.filter(({ skipped }) => !skipped).map(({ check, grade }) => ({ object, id: check.id, grade })),
    );
    assert.ok(graded.length > 20, 'few checks were made');
    assert.deepEqual(
      graded.filter(({ grade }) => grade <= CRITICAL),
      [],
    );
  });
});
