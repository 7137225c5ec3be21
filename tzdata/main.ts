/**
 * Writes what is made of a release of the tz database:
 * `node tzdata/main.ts table <PyPI's tzdata package, unpacked> <file>` the table that is committed,
 * `node tzdata/main.ts directory <the package> <a Node binary of that release> <directory>` one for TZDATA_DIRECTORY.
 */
import { writeFileSync } from 'node:fs';

import { makeTzdataDirectory } from './directory.ts';
import { makeTable } from './table.ts';

const [what, packageDirectory = '', ...rest] = process.argv.slice(2);
if (what === 'table' && rest[0] !== undefined) {
  writeFileSync(rest[0], makeTable(packageDirectory));
} else if (what === 'directory' && rest[0] !== undefined && rest[1] !== undefined) {
  makeTzdataDirectory(packageDirectory, rest[0], rest[1]);
} else {
  throw new Error(`Expected "table" or "directory" with their arguments, got ${process.argv.slice(2).join(' ')}`);
}
