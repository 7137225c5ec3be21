/** The clock's own code with one line of it changed: a test that lets such a mutant live proves nothing. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { ClockModule } from './simulation.ts';

const SOURCE = new URL('../../app/clock/', import.meta.url);

/** Replaces a piece of one file, which must occur there exactly once. */
export interface Mutation {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** @throws AssertionError where the code no longer has what is to be replaced */
export async function loadMutant(mutations: readonly Mutation[]): Promise<ClockModule> {
  const directory = await mkdtemp(join(tmpdir(), 'mutant-'));
  try {
    await cp(SOURCE, directory, { recursive: true });
    await writeFile(join(directory, 'package.json'), '{"type":"module"}');
    for (const { file, from, to } of mutations) {
      const path = join(directory, file);
      const pieces = (await readFile(path, 'utf8')).split(from);
      assert.equal(pieces.length, 2, `${file} has ${pieces.length - 1} times: ${from}`);
      await writeFile(path, pieces.join(to));
    }
    return (await import(pathToFileURL(join(directory, 'honest-clock.ts')).href)) as ClockModule;
  } finally {
    await rm(directory, { recursive: true });
  }
}
