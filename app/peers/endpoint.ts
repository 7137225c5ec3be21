/**
 * Whom each instance asks. All pods of a node read the same kernel clock, so one pod a node is enough; and were every node
 * to ask every other, the exchanges would grow with the square of the cluster. So each asks a few nodes, chosen by
 * rendezvous hashing: every instance ranks the nodes by a hash of itself and them, and takes the first. Instances choose
 * differently, each node is asked by about as many as it asks, and a node that goes is replaced by one other and moves no one
 * else. D. G. Thaler, C. V. Ravishankar, "A name-based mapping scheme for rendezvous", 1996.
 */

/** An instance of this service. */
export interface Endpoint {
  /** Whose clock it reads: instances of one node are interchangeable. */
  readonly node: string;
  readonly address: string;
  readonly port: number;
  /** Of two instances on a node, one that serves is preferred; one that does not still has a clock. */
  readonly isReady: boolean;
}

/** How many nodes one instance asks. */
export const MOST_PEERS = 8;

interface Hashed<Value> {
  readonly value: Value;
  readonly hash: number;
}

/** A node and those of its instances that may be asked. */
export interface Node {
  readonly name: string;
  readonly hash: number;
  readonly endpoints: readonly Hashed<Endpoint>[];
}

export function groupByNode(endpoints: Iterable<Endpoint>): Node[] {
  const groups = Map.groupBy(endpoints, ({ node }) => node);
  return Array.from(groups, ([name, members]) => {
    const ready = members.filter(({ isReady }) => isReady);
    const eligible = ready.length > 0 ? ready : members;
    return {
      name,
      hash: hashText(name),
      endpoints: eligible.map((value) => ({ value, hash: hashText(`${value.address} ${value.port}`) })),
    };
  });
}

/**
 * @param self tells this instance apart from all others
 * @param ownNode the node it runs on, which is not asked
 * @returns one endpoint of each chosen node, in the order of the nodes' names
 */
export function choosePeers(nodes: readonly Node[], self: string, ownNode: string | undefined): Endpoint[] {
  const selfHash = hashText(self);
  const chosen: { node: Node; weight: number }[] = [];
  for (const node of nodes) {
    const weight = mixBits(selfHash ^ node.hash);
    const last = chosen[MOST_PEERS - 1];
    if (node.name === ownNode || (last && weight <= last.weight)) continue;
    const rank = chosen.findIndex((other) => other.weight < weight);
    chosen.splice(rank === -1 ? chosen.length : rank, 0, { node, weight });
    chosen.length = Math.min(chosen.length, MOST_PEERS);
  }
  const inOrder = chosen.map(({ node }) => node).toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return inOrder.map(({ endpoints }) => chooseEndpoint(endpoints, selfHash));
}

function chooseEndpoint(endpoints: readonly Hashed<Endpoint>[], selfHash: number): Endpoint {
  const weigh = ({ hash }: Hashed<Endpoint>) => mixBits(selfHash ^ hash);
  return endpoints.reduce((best, other) => (weigh(other) > weigh(best) ? other : best)).value;
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  return hash;
}

/** The finaliser of MurmurHash3: FNV alone leaves names that differ in their last letter close together. */
function mixBits(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85_eb_ca_6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2_b2_ae_35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
