/**
 * Reads a compiled zone, a TZif file of RFC 9636: what clocks show, the isdst flag and the abbreviation, from transition to
 * transition, and the POSIX rule for the time after the last one. It does not say what part of an offset is daylight saving.
 */

/** What clocks show in a stretch of time, as the file has it. */
export interface CompiledType {
  readonly offsetSeconds: number;
  readonly isDst: boolean;
  readonly abbreviation: string;
}

export interface CompiledZone {
  /** The type before the first transition. */
  readonly first: CompiledType;
  readonly transitions: readonly { readonly epochS: number; readonly type: CompiledType }[];
  /** A POSIX TZ string, such as `CET-1CEST,M3.5.0,M10.5.0/3`. */
  readonly posixTz: string;
}

const HEADER_BYTES = 44;
const TYPE_BYTES = 6;

/** @throws Error for a file that is not TZif of version 2 or later */
export function readCompiledZone(file: Buffer): CompiledZone {
  // The first block is for readers of 32 bits and is skipped whole.
  const start = blockEnd(file, 0, 4);
  const { transitionCount, typeCount, textBytes } = readCounts(file, start);
  const timesAt = start + HEADER_BYTES;
  const indexesAt = timesAt + transitionCount * 8;
  const typesAt = indexesAt + transitionCount;
  const textAt = typesAt + typeCount * TYPE_BYTES;

  const text = file.toString('latin1', textAt, textAt + textBytes);
  const types = Array.from({ length: typeCount }, (_, index): CompiledType => {
    const at = typesAt + index * TYPE_BYTES;
    const from = file.readUInt8(at + 5);
    return {
      offsetSeconds: file.readInt32BE(at),
      isDst: file.readUInt8(at + 4) === 1,
      abbreviation: text.slice(from, text.indexOf('\0', from)),
    };
  });
  const typeAt = (index: number): CompiledType => {
    const type = types[index];
    if (!type) throw new Error(`Expected one of ${types.length} types, got ${index}`);
    return type;
  };
  return {
    first: typeAt(0),
    transitions: Array.from({ length: transitionCount }, (_, index) => ({
      epochS: Number(file.readBigInt64BE(timesAt + index * 8)),
      type: typeAt(file.readUInt8(indexesAt + index)),
    })),
    posixTz: file.toString('latin1', blockEnd(file, start, 8)).trim(),
  };
}

/** Where the block that starts at an offset ends. */
function blockEnd(file: Buffer, start: number, timeBytes: 4 | 8): number {
  const { utCount, standardCount, leapCount, transitionCount, typeCount, textBytes } = readCounts(file, start);
  return (
    start +
    HEADER_BYTES +
    transitionCount * (timeBytes + 1) +
    typeCount * TYPE_BYTES +
    textBytes +
    leapCount * (timeBytes + 4) +
    standardCount +
    utCount
  );
}

function readCounts(file: Buffer, start: number) {
  const magic = file.toString('latin1', start, start + 4);
  const version = file.toString('latin1', start + 4, start + 5);
  if (magic !== 'TZif' || version < '2') throw new Error(`Expected TZif of version 2 or later, got ${magic}${version}`);
  const count = (index: number): number => file.readUInt32BE(start + 20 + index * 4);
  return {
    utCount: count(0),
    standardCount: count(1),
    leapCount: count(2),
    transitionCount: count(3),
    typeCount: count(4),
    textBytes: count(5),
  };
}
