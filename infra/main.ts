/** Writes dist/ anew, or with --check says whether it is what would be written. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { ENVIRONMENTS } from './environments.ts';
import { renderYaml } from './manifest.ts';
import { synthesize } from './synthesis.ts';

const DIST = join(import.meta.dirname, '..', 'dist');

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const files = new Map(
  synthesize(ENVIRONMENTS)
    .entries()
    .map(([name, manifests]) => [name, renderYaml(manifests)]),
);
if (values.check) {
  const stale = [...new Set([...files.keys(), ...readdirSync(DIST)])].filter((name) => read(name) !== files.get(name));
  if (stale.length > 0) {
    const names = stale.map((name) => `dist/${name}`).join(', ');
    process.stderr.write(`Not what infra/ makes: ${names}. Run \`make synth\` and commit the result.\n`);
    process.exitCode = 1;
  }
} else {
  // What an environment no longer has must not stay behind.
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  for (const [name, text] of files) writeFileSync(join(DIST, name), text);
}

function read(name: string): string | undefined {
  try {
    return readFileSync(join(DIST, name), 'utf8');
  } catch {
    return undefined;
  }
}
