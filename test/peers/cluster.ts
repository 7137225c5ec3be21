/**
 * A cluster under simulated time: nodes with wrong clocks, networks with delays that differ between the two ways, and the
 * peer tables of the service itself. Everything random comes from the seed.
 */
import { choosePeers, groupByNode, type Endpoint } from '../../app/peers/endpoint.ts';
import { PeerTable } from '../../app/peers/peer-table.ts';
import { randomFrom } from '../random.ts';

const NS_PER_S = 1e9;
const EPOCH_NS = 1_800_000_000_000_000_000n;

/** How often a node asks each of its peers, as app/peers/peer-loop.ts does. */
const ROUND_NS = 5 * NS_PER_S;

export interface SimulatedNode {
  readonly name: string;
  readonly table: PeerTable;
  /** How far its wall clock is from true time, and how fast that changes. */
  errorNs: number;
  readonly driftPpm: number;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly size: number;
  readonly toleranceNs: bigint;
  /** How far the clocks of honest nodes are from true time at the most. */
  readonly honestErrorNs: number;
  /** The shortest way, and how much the longest of a hundred takes. */
  readonly leastDelayNs: number;
  readonly longDelayNs: number;
  /** The part of exchanges that get no answer. */
  readonly loss: number;
}

export class Cluster {
  readonly random: () => number;
  readonly nodes: SimulatedNode[] = [];
  /** Whether a message gets from one node to another. */
  isLinked: (from: string, to: string) => boolean = () => true;
  readonly #options: ClusterOptions;
  #nowNs = 0;
  #count = 0;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.random = randomFrom(options.seed);
    for (let count = 0; count < options.size; count++) this.addNode();
    this.discover();
  }

  addNode(): SimulatedNode {
    this.#count += 1;
    const { honestErrorNs, toleranceNs } = this.#options;
    const table = new PeerTable({
      toleranceNs,
      time: { wallNs: () => this.#wallNs(node), monotonicNs: () => BigInt(Math.round(this.#nowNs)) },
    });
    const node: SimulatedNode = {
      name: `node-${this.#count}`,
      table,
      errorNs: (this.random() * 2 - 1) * honestErrorNs,
      driftPpm: (this.random() * 2 - 1) * 200,
    };
    this.nodes.push(node);
    return node;
  }

  removeNode(name: string): void {
    this.nodes.splice(
      this.nodes.findIndex((node) => node.name === name),
      1,
    );
  }

  /** Every node learns which nodes there are. */
  discover(): void {
    const endpoints = this.nodes.map(({ name }): Endpoint => ({ node: name, address: name, port: 1, isReady: true }));
    const groups = groupByNode(endpoints);
    for (const { name, table } of this.nodes) table.replace(choosePeers(groups, name, name));
  }

  /** A peer's wall clock minus a node's. */
  offsetNs(node: SimulatedNode, peer: string): number {
    const other = this.#find(peer);
    if (!other) throw new Error(`Expected a node, got ${peer}`);
    return Number(this.#wallNs(other) - this.#wallNs(node));
  }

  /** @param look is called after each round with the seconds that have passed */
  run(seconds: number, look: (second: number) => void): void {
    const endNs = this.#nowNs + seconds * NS_PER_S;
    const startNs = this.#nowNs;
    while (this.#nowNs < endNs) {
      const roundNs = this.#nowNs;
      for (const node of this.nodes) {
        for (const { node: peer } of node.table.report().peers) {
          this.#nowNs = roundNs;
          this.#exchange(node, peer);
        }
      }
      this.#nowNs = roundNs + ROUND_NS;
      for (const { table } of this.nodes) table.weigh();
      look((this.#nowNs - startNs) / NS_PER_S);
    }
  }

  #exchange(node: SimulatedNode, peerName: string): void {
    const peer = this.#find(peerName);
    const isLost = this.random() < this.#options.loss;
    if (!peer || isLost || !this.isLinked(node.name, peerName) || !this.isLinked(peerName, node.name)) return;
    const t1Ns = this.#monotonicNs();
    this.#nowNs += this.#delayNs();
    const t2Ns = this.#wallNs(peer);
    this.#nowNs += this.random() * 1e5;
    const t3Ns = this.#wallNs(peer);
    this.#nowNs += this.#delayNs();
    node.table.add(peerName, { t1Ns, t2Ns, t3Ns, t4Ns: this.#monotonicNs() }, null);
  }

  /** One way, by a distribution with a long tail, drawn for each way by itself. */
  #delayNs(): number {
    const { leastDelayNs, longDelayNs } = this.#options;
    return leastDelayNs + (longDelayNs / Math.log(100)) * -Math.log(1 - this.random());
  }

  #find(name: string): SimulatedNode | undefined {
    return this.nodes.find((node) => node.name === name);
  }

  #monotonicNs(): bigint {
    return BigInt(Math.round(this.#nowNs));
  }

  #wallNs({ errorNs, driftPpm }: SimulatedNode): bigint {
    return EPOCH_NS + BigInt(Math.round(this.#nowNs * (1 + driftPpm / 1e6) + errorNs));
  }
}
