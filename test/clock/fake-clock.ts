/** A wall clock for processes, off by what libfaketime reads from a file; their monotonic clock stays true. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findLibfaketime } from './libfaketime.ts';

export class FakeClock implements AsyncDisposable {
  /** What a process is to have in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #directory: string;
  readonly #file: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#file = join(directory, 'timestamp');
    this.environment = {
      LD_PRELOAD: findLibfaketime(),
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      // Else a step backward ends Node.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
  }

  /** @param fake as faketime(1) has it: `+3600` is an hour fast */
  static async open(fake = '+0'): Promise<FakeClock> {
    const clock = new FakeClock(await mkdtemp(join(tmpdir(), 'faketime-')));
    await clock.set(fake);
    return clock;
  }

  /** Readers see the old text or the new. */
  async set(fake: string): Promise<void> {
    await writeFile(`${this.#file}.new`, fake);
    await rename(`${this.#file}.new`, this.#file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true });
  }
}
