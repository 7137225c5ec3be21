/**
 * Newer tz data without a newer image: a mounted directory with ICU's four files, the tz table of the same release, and a
 * manifest of their checksums. ICU reads its files while Node starts, before any of this runs, and does not check them: a
 * truncated one ends Node with SIGSEGV, and a missing one is passed over in silence. So the process starts on the data that
 * Node carries, verifies the directory, and then replaces itself by one that uses it.
 */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ConfigError } from './config.ts';
import { TABLE_FILE } from './zones/tz-table.ts';

/** Where ICU looks for its files: https://unicode-org.github.io/icu/userguide/datetime/timezone/ */
const ICU_VARIABLE = 'ICU_TIMEZONE_FILES_DIR';

export const ICU_FILES = ['metaZones.res', 'timezoneTypes.res', 'windowsZones.res', 'zoneinfo64.res'] as const;
export const MANIFEST_FILE = 'manifest.json';

/** What `manifest.json` says of the directory it lies in. */
export interface TzdataManifest {
  /** The release that all files are of, such as `2026c`. */
  readonly release: string;
  /** The SHA-256 of each file, in hexadecimal. */
  readonly sha256: Readonly<Record<string, string>>;
}

/**
 * Makes the process use the tz data of a directory: verifies it and replaces the process, or, in the process that has
 * replaced it, checks that the data is in use.
 *
 * @param releaseInUse the release that this process reads its zones from
 * @throws ConfigError for a directory that is not whole, or whose data ICU does not take
 */
export function adoptTzdata(directory: string, releaseInUse: string): void {
  // In a volume of Kubernetes files are links, swapped when it is renewed: what is verified is to be what is used.
  const path = resolveLinks(directory);
  const release = verifyTzdata(path);
  if (process.env[ICU_VARIABLE] !== path) {
    process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], {
      ...process.env,
      [ICU_VARIABLE]: path,
    });
  }
  if (releaseInUse !== release) {
    throw new ConfigError(
      `TZDATA_DIRECTORY: expected ICU to read release ${release} from ${path}, got ${releaseInUse}`,
    );
  }
}

/**
 * @returns the release of the data in the directory
 * @throws ConfigError where a file is missing or is not the one that the manifest names
 */
export function verifyTzdata(directory: string): string {
  const { release, sha256 } = readManifest(directory);
  for (const file of [...ICU_FILES, TABLE_FILE]) {
    const actual = createHash('sha256').update(readFile(directory, file)).digest('hex');
    if (actual !== sha256[file]) {
      throw new ConfigError(`TZDATA_DIRECTORY: expected ${file} with SHA-256 ${sha256[file]}, got ${actual}`);
    }
  }
  const table = JSON.parse(readFile(directory, TABLE_FILE).toString()) as { readonly release: string };
  if (table.release !== release) {
    throw new ConfigError(`TZDATA_DIRECTORY: expected a table of release ${release}, got one of ${table.release}`);
  }
  return release;
}

function readManifest(directory: string): TzdataManifest {
  const text = readFile(directory, MANIFEST_FILE).toString();
  try {
    const manifest = JSON.parse(text) as Partial<TzdataManifest> | null;
    if (manifest?.release !== undefined && manifest.sha256)
      return { release: manifest.release, sha256: manifest.sha256 };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ConfigError(`TZDATA_DIRECTORY: expected a manifest with release and sha256 in ${directory}`);
}

function resolveLinks(directory: string): string {
  try {
    return dirname(realpathSync(join(directory, MANIFEST_FILE)));
  } catch (cause) {
    throw new ConfigError(`TZDATA_DIRECTORY: expected a directory with a ${MANIFEST_FILE}, got ${directory}`, {
      cause,
    });
  }
}

function readFile(directory: string, file: string): Buffer {
  try {
    return readFileSync(join(directory, file));
  } catch (cause) {
    throw new ConfigError(`TZDATA_DIRECTORY: expected a file ${file} in ${directory}`, { cause });
  }
}
