/**
 * Writes a small database in MaxMind's format, version 2.0: a binary tree over the bits of an address, whose leaves point
 * to data, and metadata at the end. The specification is https://maxmind.github.io/MaxMind-DB/.
 */

type Value = string | number | readonly string[] | { readonly [key: string]: Value };

const RECORD_BYTES = 4;
const TYPES = { string: 2, unsigned: 6, map: 7, array: 11 };

/** @param networks IPv4 networks in CIDR, each with the data of its addresses */
export function writeDatabase(networks: Readonly<Record<string, Value>>): Buffer {
  interface Node {
    readonly branches: [Node | number | undefined, Node | number | undefined];
  }
  const root: Node = { branches: [undefined, undefined] };
  const nodes = [root];
  let data = Buffer.alloc(0);
  for (const [network, value] of Object.entries(networks)) {
    const [address = '', length = '32'] = network.split('/');
    const bits = address
      .split('.')
      .map((byte) => Number(byte).toString(2).padStart(8, '0'))
      .join('')
      .slice(0, Number(length));
    let node = root;
    for (const bit of bits.slice(0, -1)) {
      const next = node.branches[Number(bit)];
      if (typeof next === 'object') {
        node = next;
        continue;
      }
      const added: Node = { branches: [undefined, undefined] };
      nodes.push(added);
      node.branches[Number(bit)] = added;
      node = added;
    }
    node.branches[Number(bits.at(-1))] = data.length;
    data = Buffer.concat([data, encode(value)]);
  }

  const tree = Buffer.alloc(nodes.length * 2 * RECORD_BYTES);
  for (const [index, { branches }] of nodes.entries()) {
    for (const [bit, branch] of branches.entries()) {
      // Up to the count of nodes a record is a node, the count itself is "nothing", and beyond 16 zero bytes lies the data.
      const record =
        branch === undefined
          ? nodes.length
          : typeof branch === 'object'
            ? nodes.indexOf(branch)
            : nodes.length + 16 + branch;
      tree.writeUInt32BE(record, (index * 2 + bit) * RECORD_BYTES);
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_795_489_554,
    database_type: 'Test-City',
    description: { en: 'made in a test' },
    ip_version: 4,
    languages: ['en'],
    node_count: nodes.length,
    record_size: RECORD_BYTES * 8,
  });
  return Buffer.concat([tree, Buffer.alloc(16), data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([control(TYPES.string, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(TYPES.unsigned, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(TYPES.array, value.length), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([control(TYPES.map, entries.length), ...entries.flat().map(encode)]);
}

/** The byte that says type and size; a type above 7 has its own byte after it. */
function control(type: number, size: number): Buffer {
  if (size > 28) throw new Error(`Expected at most 28, got ${size}`);
  return type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);
}
