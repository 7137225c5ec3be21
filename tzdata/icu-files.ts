/**
 * Finds ICU's tz files in a Node binary, which carries all of ICU's data as one package: a header of magic numbers with
 * the format `CmnD`, and a table of names and places, sorted by name (ICU's `ucmndata.h`). So the files of a newer tz
 * release come from a newer Node, tested together, and nothing of ICU needs to be built.
 */
import { ICU_FILES } from '../app/tzdata-directory.ts';

const FORMAT = 'CmnD';
/** Where the format stands in a header, after sizes, the magic numbers and the properties of the platform. */
const FORMAT_AT = 12;
const MAGIC = [0xda, 0x27];

/** @throws Error where the binary has no package with all of the files */
export function findIcuFiles(binary: Buffer): Map<string, Buffer> {
  for (let at = binary.indexOf(FORMAT); at >= 0; at = binary.indexOf(FORMAT, at + 1)) {
    const start = at - FORMAT_AT;
    if (binary[start + 2] !== MAGIC[0] || binary[start + 3] !== MAGIC[1]) continue;
    const entries = readEntries(binary, start + binary.readUInt16LE(start));
    const files = ICU_FILES.map((file) => [file, entries.get(file)] as const);
    if (files.every((entry): entry is [(typeof ICU_FILES)[number], Buffer] => entry[1] !== undefined)) {
      return new Map(files);
    }
  }
  throw new Error(`Expected a Node binary with ICU's ${ICU_FILES.join(', ')} in it`);
}

/** @param table where the table is: a count, then for each entry where its name and its data are, counted from here */
function readEntries(binary: Buffer, table: number): Map<string, Buffer> {
  const count = binary.readUInt32LE(table);
  const placeAt = (index: number) => table + binary.readUInt32LE(table + 4 + index * 4);
  const entries = new Map<string, Buffer>();
  // The last entry has no next one that would say where it ends; it is none of the files, whose names come earlier.
  for (let index = 0; index < count - 1; index++) {
    const nameAt = placeAt(index * 2);
    const name = binary.toString('latin1', nameAt, binary.indexOf(0, nameAt));
    // Before the slash stands the package: `icudt78l/zoneinfo64.res`.
    entries.set(name.slice(name.lastIndexOf('/') + 1), binary.subarray(placeAt(index * 2 + 1), placeAt(index * 2 + 3)));
  }
  return entries;
}
