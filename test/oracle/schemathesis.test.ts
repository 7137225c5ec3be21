/**
 * schemathesis makes requests from the API's description, good and bad ones, and holds the answers against it: statuses,
 * media types, schemas, what must be refused and what must not.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { needTool } from '../outside-tool.ts';
import { startService } from '../service-process.ts';

const OPTIONS = [
  '--max-examples=50',
  '--seed=2026',
  '--continue-on-failure',
  // A stream does not end.
  '--exclude-path=/v1/events',
  // A text of the form of a zone, a country or a duration need not be one: JSON Schema cannot say which are.
  '--exclude-checks=positive_data_acceptance',
];

describe('schemathesis', () => {
  before(function () {
    needTool(this, 'schemathesis', 'pip install schemathesis==4.32.5');
  });

  it('finds that the service does what its description says', async () => {
    await using service = await startService();
    await using directory = await mkdtempDisposable(join(tmpdir(), 'schemathesis-'));
    const url = `http://127.0.0.1:${service.httpPort}/openapi.json`;
    const { paths } = (await (await fetch(url)).json()) as { paths: object };
    const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
      // It keeps what it learnt in the folder that it is run in.
      execFile(
        'schemathesis',
        ['--no-color', 'run', url, ...OPTIONS],
        { cwd: directory.path },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      );
    });
    assert.equal(code, 0, output);
    assert.equal(Number(/Tested: (\d+)/.exec(output)?.[1]), Object.keys(paths).length - 1, output);
    assert.ok(Number(/(\d+) generated/.exec(output)?.[1]) > 1000, output);
  });
});
