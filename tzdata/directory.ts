/** Makes a directory for `TZDATA_DIRECTORY`, and has Node itself read it before it is said to be good. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findIcuFiles } from './icu-files.ts';
import { makeTable } from './table.ts';
import { MANIFEST_FILE, type TzdataManifest } from '../app/tzdata-directory.ts';
import { TABLE_FILE } from '../app/zones/tz-table.ts';

/**
 * @param packageDirectory PyPI's `tzdata` package, unpacked
 * @param nodeBinary a Node that carries the same release of the tz database
 * @throws Error where the two are not of one release
 */
export function makeTzdataDirectory(packageDirectory: string, nodeBinary: string, directory: string): void {
  const table = makeTable(packageDirectory);
  const { release } = JSON.parse(table) as { readonly release: string };
  const files = findIcuFiles(readFileSync(nodeBinary)).set(TABLE_FILE, Buffer.from(table));
  mkdirSync(directory, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(directory, name), content);

  const read = execFileSync(process.execPath, ['--print', 'process.versions.tz'], {
    env: { ...process.env, ICU_TIMEZONE_FILES_DIR: directory },
    encoding: 'utf8',
  }).trim();
  if (read !== release) throw new Error(`Expected a Node binary with release ${release}, got one with ${read}`);
  const sha256 = Object.fromEntries(
    Array.from(files, ([name, content]) => [name, createHash('sha256').update(content).digest('hex')]),
  );
  const manifest: TzdataManifest = { release, sha256 };
  writeFileSync(join(directory, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
