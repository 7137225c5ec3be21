/** Where two states come from: this project's own synth, dist/ at a commit, or any file or folder. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

import { Advice } from '../cluster/command.ts';
import type { Files } from './installs.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const MANIFEST = /\.(ya?ml|json)$/;

/** What infra/ makes now. cdk8s is loaded only for this: two files or folders are told in half the time without it. */
export async function readSynth(): Promise<Files> {
  const [{ ENVIRONMENTS }, { renderYaml }, { synthesize }] = await Promise.all([
    import('../environments.ts'),
    import('../manifest.ts'),
    import('../synthesis.ts'),
  ]);
  return new Map([...synthesize(ENVIRONMENTS)].map(([name, manifests]) => [name, renderYaml(manifests)]));
}

/** dist/ as it is at a commit; empty where the commit has none. */
export function readDist(ref: string): Files {
  const names = git('ls-tree', '--name-only', '-r', `${ref}:`)
    .split('\n')
    .filter((name) => name.startsWith('dist/'));
  return new Map(names.map((name) => [name.slice('dist/'.length), git('show', `${ref}:${name}`)]));
}

/** Where the working tree's branch left main. */
export function findMergeBase(): string {
  const main = ['origin/main', 'main'].find((ref) => {
    try {
      return git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
    } catch {
      return false;
    }
  });
  if (main === undefined)
    throw new Advice('Expected a branch main to compare with, got none; name a commit with --base');
  return git('merge-base', 'HEAD', main).trim();
}

/** A file, or the manifests of a folder and of those in it. */
export function readPath(path: string): Files {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new Advice(`Expected a file or a folder, got ${JSON.stringify(path)}`);
  if (!found.isDirectory()) return new Map([[path, readFileSync(path, 'utf8')]]);
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return new Map(names.map((name) => [relative(path, name), readFileSync(name, 'utf8')]));
}

function git(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' });
  if (status !== 0) throw new Advice(`git ${args.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}
