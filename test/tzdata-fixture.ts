/** A directory of tz data that is newer than any Node carries: what Node has, under another name and with another rule. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MANIFEST_FILE, type TzdataManifest } from '../app/tzdata-directory.ts';
import { TABLE_FILE } from '../app/zones/tz-table.ts';
import { findIcuFiles } from '../tzdata/icu-files.ts';

export const RELEASE = '2026z';

/** Its files but the manifest, with Paris at one offset the whole year. */
export function makeFiles(): Map<string, Buffer> {
  const files = findIcuFiles(readFileSync(process.execPath));
  const zoneinfo = Buffer.from(files.get('zoneinfo64.res') ?? '');
  const own = process.versions['tz'] ?? '';
  zoneinfo.write(RELEASE, zoneinfo.indexOf(own, 0, 'utf16le'), 'utf16le');
  const table = readFileSync('app/zones/tz-table.json', 'utf8')
    .replace(`"release": "${own}"`, `"release": "${RELEASE}"`)
    .replace('CET-1CEST,M3.5.0,M10.5.0/3"', 'CET-1"');
  return files.set('zoneinfo64.res', zoneinfo).set(TABLE_FILE, Buffer.from(table));
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** Writes files and the manifest that fits them into a folder of their own. */
export async function makeDirectory(files: ReadonlyMap<string, Buffer>) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'tzdata-'));
  for (const [name, content] of files) await writeFile(join(directory.path, name), content);
  const manifest: TzdataManifest = {
    release: RELEASE,
    sha256: Object.fromEntries(Array.from(files, ([name, content]) => [name, sha256(content)])),
  };
  await writeFile(join(directory.path, MANIFEST_FILE), JSON.stringify(manifest));
  return directory;
}
