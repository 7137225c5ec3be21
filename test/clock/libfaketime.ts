import { globSync } from 'node:fs';

/**
 * The library that shifts the wall clock of a process that is started with it in `LD_PRELOAD`. The command faketime(1) is not
 * used for that: it does not start where a process that was killed under it once had its process id.
 *
 * @throws Error where Debian's package `faketime` is not installed
 */
export function findLibfaketime(): string {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) throw new Error('libfaketime is missing: apt-get install faketime');
  return library;
}
