/** Where two states come from: this project's own synth, dist/ at a commit, or any file or folder. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

import { Advice } from '../cluster/command.ts';
import { ENVIRONMENTS } from '../environments.ts';
import { renderYaml } from '../manifest.ts';
import { synthesize } from '../synthesis.ts';
import type { Files } from './installs.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const MANIFEST = /\.(ya?ml|json)$/;

/** What infra/ makes now. */
export function readSynth(): Files {
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
  if (!statSync(path).isDirectory()) return new Map([['', readFileSync(path, 'utf8')]]);
  const names = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && MANIFEST.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return new Map(names.map((name) => [relative(path, name), readFileSync(name, 'utf8')]));
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
