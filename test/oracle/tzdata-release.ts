/** The compiled tz database of the very release that Node carries, from PyPI's `tzdata`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { needTool } from '../outside-tool.ts';

export interface TzdataRelease {
  /** Every name of the database, links included. */
  readonly names: readonly string[];
  /** The package, unpacked. */
  readonly directory: string;
  /** The TZif file of a zone, or another file beside them. */
  readonly read: (name: string) => Buffer;
}

/** `2026c` is PyPI's 2026.3. */
function packageVersion(release: string): string {
  return `${release.slice(0, 4)}.${release.charCodeAt(4) - 'a'.charCodeAt(0) + 1}`;
}

/** Fetches the release into `build/`, once. */
export function fetchTzdata(context: Mocha.Context): TzdataRelease {
  needTool(context, 'python3', 'install Python 3 with pip');
  const version = packageVersion(process.versions['tz'] ?? '');
  const folder = join('build', `tzdata-${version}`);
  if (!existsSync(join(folder, 'tzdata', 'zones'))) {
    mkdirSync(folder, { recursive: true });
    run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `tzdata==${version}`]);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '';
    run('python3', ['-m', 'zipfile', '-e', join(folder, wheel), folder]);
  }
  return {
    directory: join(folder, 'tzdata'),
    names: readFileSync(join(folder, 'tzdata', 'zones'), 'utf8')
      .trim()
      .split('\n'),
    read: (name) => readFileSync(join(folder, 'tzdata', 'zoneinfo', name)),
  };
}

function run(program: string, args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
}
