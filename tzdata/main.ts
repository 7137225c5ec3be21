/** Writes the tz table: `node tzdata/main.ts <PyPI's tzdata package, unpacked> <file>`. */
import { writeFileSync } from 'node:fs';

import { makeTable } from './table.ts';

const [packageDirectory, file] = process.argv.slice(2);
if (packageDirectory === undefined || file === undefined) {
  throw new Error('Expected the directory of the tzdata package and the file to write');
}
writeFileSync(file, makeTable(packageDirectory));
