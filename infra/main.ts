/** Writes dist/ anew, or with --check says whether it is what would be written. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { ConfigError } from '../app/config.ts';
import { ENVIRONMENTS } from './environments.ts';
import { renderYaml } from './manifest.ts';
import { synthesize } from './synthesis.ts';

const DIST = join(import.meta.dirname, '..', 'dist');

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

function renderFiles(): Map<string, string> {
  const files = [...synthesize(ENVIRONMENTS)];
  return new Map(files.map(([name, manifests]) => [name, renderYaml(manifests)]));
}

function write(files: ReadonlyMap<string, string>): void {
  // What an environment no longer has must not stay behind.
  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST);
  for (const [name, text] of files) writeFileSync(join(DIST, name), text);
}

function check(files: ReadonlyMap<string, string>): void {
  const found = new Map(readdirSync(DIST).map((name) => [name, readFileSync(join(DIST, name), 'utf8')]));
  const stale = new Set([...files.keys(), ...found.keys()])
    .values()
    .filter((name) => found.get(name) !== files.get(name));
  const names = [...stale].map((name) => `dist/${name}`).join(', ');
  if (names === '') return;
  process.stderr.write(`Not what infra/ makes: ${names}. Run \`make synth\` and commit the result.\n`);
  process.exitCode = 1;
}

try {
  const files = renderFiles();
  if (values.check) check(files);
  else write(files);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
