import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { needTool } from '../outside-tool.ts';
import { verifyTzdata } from '../../app/tzdata-directory.ts';

describe('make tzdata', () => {
  it('makes a directory that the service takes', function () {
    needTool(this, 'python3', 'install Python 3 with pip');
    using parent = mkdtempDisposableSync(join(tmpdir(), 'tzdata-'));
    const directory = join(parent.path, 'tz');
    execFileSync('make', ['--no-print-directory', 'tzdata', `OUT=${directory}`]);
    assert.equal(verifyTzdata(directory), process.versions['tz']);
  });
});
