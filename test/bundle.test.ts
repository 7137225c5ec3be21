import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Bundles into a folder as deep as any other, so that its source map names the same paths. */
function bundle(folder: string): Buffer[] {
  const file = `build/${folder}/main.cjs`;
  execFileSync('npm', ['run', '--silent', 'bundle', '--', '--log-level=warning', `--outfile=${file}`]);
  return [file, `${file}.map`].map((one) => readFileSync(one));
}

describe('the bundle', () => {
  it('is the same, byte for byte, when it is made again', () => {
    const [first, second] = ['bundle-1', 'bundle-2'].map(bundle);
    assert.deepEqual(first, second);
  });
});
