/**
 * Whole clusters under simulated time: who reports whom and how soon, and that nobody is reported who is right. A failure
 * names its seed and its nodes.
 */
import assert from 'node:assert/strict';

import { Cluster, type ClusterOptions, type SimulatedNode } from './cluster.ts';
import { randomFrom } from '../random.ts';

const MS = 1e6;
const TOLERANCE_NS = 100 * MS;

/** All of the others must have reported a liar by then. */
const REPORTED_WITHIN_S = 25;
/** How long it takes besides to be outvoted for good. */
const OUTVOTED_WITHIN_S = 45;

function randomOptions(seed: number, size: number): ClusterOptions {
  const random = randomFrom(seed);
  return {
    seed,
    size,
    toleranceNs: BigInt(TOLERANCE_NS),
    honestErrorNs: random() * 45 * MS,
    leastDelayNs: random() * 2 * MS,
    longDelayNs: 10 ** (random() * 3) * 0.1 * MS,
    loss: random() < 0.5 ? 0 : random() * 0.3,
  };
}

/** What every report must hold to, whatever has happened. */
function checkTruth(cluster: Cluster, seed: number): void {
  for (const node of cluster.nodes) {
    for (const { node: peer, verdict, offset } of node.table.report().peers) {
      if (!offset) continue;
      const trueNs = cluster.offsetNs(node, peer);
      const where = `seed ${seed}: ${node.name} on ${peer}, truly ${trueNs} ns`;
      const missedNs = Math.abs(trueNs - Number(offset.offsetNs)) - Number(offset.uncertaintyNs);
      // The simulation rounds to a nanosecond at each reading.
      assert.ok(missedNs <= 10, `${where}: ${offset.offsetNs} ± ${offset.uncertaintyNs} ns`);
      if (verdict === 'ahead') assert.ok(trueNs > TOLERANCE_NS, `${where}: falsely ahead`);
      if (verdict === 'behind') assert.ok(trueNs < -TOLERANCE_NS, `${where}: falsely behind`);
    }
  }
}

const reportsOf = (cluster: Cluster, peer: string) =>
  cluster.nodes.flatMap(({ table }) => table.report().peers.filter(({ node }) => node === peer));

const outvoted = (cluster: Cluster) =>
  cluster.nodes.filter(({ table }) => table.report().isOutvoted).map(({ name }) => name);

const names = (nodes: readonly SimulatedNode[]) => nodes.map(({ name }) => name);

describe('a simulated cluster', () => {
  it('reports nobody while all clocks are right', () => {
    for (let seed = 0; seed < 40; seed++) {
      const cluster = new Cluster(randomOptions(seed, 2 + (seed % 11)));
      cluster.run(40, () => {
        checkTruth(cluster, seed);
        for (const { table, name } of cluster.nodes) {
          for (const { verdict, node } of table.report().peers) {
            assert.ok(verdict === 'agrees' || verdict === 'silent', `seed ${seed}: ${name} finds ${node} ${verdict}`);
          }
        }
      });
      assert.deepEqual(outvoted(cluster), [], `seed ${seed}`);
    }
  });

  for (const errorMs of [250, -250]) {
    it(`of three reports a clock that is ${errorMs} ms wrong, and only its node is outvoted`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const cluster = new Cluster({ ...randomOptions(seed, 3), longDelayNs: 20 * MS, loss: 0.1 });
        const [liar] = cluster.nodes as [SimulatedNode];
        liar.errorNs += errorMs * MS;
        cluster.run(OUTVOTED_WITHIN_S, (second) => {
          checkTruth(cluster, seed);
          if (second < REPORTED_WITHIN_S) return;
          const verdicts = reportsOf(cluster, liar.name).map(({ verdict }) => verdict);
          const expected = errorMs > 0 ? 'ahead' : 'behind';
          assert.deepEqual(verdicts, [expected, expected], `seed ${seed} at ${second} s`);
        });
        assert.deepEqual(outvoted(cluster), [liar.name], `seed ${seed}`);
      }
    });
  }

  it('of three never loses a node to one liar that changes its lie', () => {
    for (let seed = 0; seed < 10; seed++) {
      const cluster = new Cluster({ ...randomOptions(seed, 3), longDelayNs: 5 * MS, loss: 0 });
      const [liar] = cluster.nodes as [SimulatedNode];
      cluster.run(120, () => {
        liar.errorNs = (cluster.random() * 2 - 1) * 2000 * MS;
        assert.ok(
          outvoted(cluster).every((name) => name === liar.name),
          `seed ${seed}`,
        );
      });
    }
  });

  it('of two outvotes nobody', () => {
    const cluster = new Cluster(randomOptions(1, 2));
    cluster.nodes[0]!.errorNs += 5000 * MS;
    cluster.run(60, () => assert.deepEqual(outvoted(cluster), []));
    assert.deepEqual(
      cluster.nodes.map(({ table }) => table.report().peers[0]?.verdict),
      ['behind', 'ahead'],
    );
  });

  it('of up to nine outvotes all liars and nobody else, as long as fewer than half lie', () => {
    for (let seed = 0; seed < 40; seed++) {
      const size = 3 + (seed % 7);
      const cluster = new Cluster({ ...randomOptions(seed, size), longDelayNs: 10 * MS, loss: 0.1 });
      const liars = cluster.nodes.slice(0, Math.ceil(size / 2) - 1);
      for (const liar of liars) liar.errorNs += (300 + cluster.random() * 5000) * (cluster.random() < 0.5 ? -MS : MS);
      cluster.run(OUTVOTED_WITHIN_S, () => checkTruth(cluster, seed));
      assert.deepEqual(outvoted(cluster), names(liars), `seed ${seed}`);
    }
  });

  it('of 200 reports ten liars by everyone that asks them, within twenty-five seconds', () => {
    for (const seed of [1, 2]) {
      const cluster = new Cluster({ ...randomOptions(seed, 200), longDelayNs: 10 * MS, loss: 0.05 });
      const liars = cluster.nodes.slice(0, 10);
      for (const [at, liar] of liars.entries()) liar.errorNs += (at % 2 ? -1 : 1) * (250 + 100 * at) * MS;
      cluster.run(REPORTED_WITHIN_S, () => checkTruth(cluster, seed));
      for (const [at, liar] of liars.entries()) {
        const reports = reportsOf(cluster, liar.name);
        const askers = reports.filter(({ verdict }) => verdict !== 'silent');
        // A liar that asks a liar of another kind finds it wrong by the difference, which has either sign.
        const right = askers.filter(({ verdict }) => verdict === (at % 2 ? 'behind' : 'ahead'));
        assert.ok(
          right.length >= askers.length - 2 && right.length > 0,
          `seed ${seed}: ${right.length} of ${askers.length}`,
        );
      }
      cluster.run(OUTVOTED_WITHIN_S, () => {});
      assert.deepEqual(outvoted(cluster), names(liars), `seed ${seed}`);
    }
  });

  it('whose clocks are all wild stays up', () => {
    for (let seed = 0; seed < 10; seed++) {
      const cluster = new Cluster({ ...randomOptions(seed, 9), honestErrorNs: 60_000 * MS });
      cluster.run(60, () => checkTruth(cluster, seed));
      assert.deepEqual(outvoted(cluster), [], `seed ${seed}`);
    }
  });

  it('split by a partition keeps every node whose clock is right, on both sides', () => {
    for (let seed = 0; seed < 20; seed++) {
      const size = 3 + (seed % 7);
      const cluster = new Cluster({ ...randomOptions(seed, size), longDelayNs: 10 * MS, loss: 0 });
      const [liar] = cluster.nodes as [SimulatedNode];
      liar.errorNs += 700 * MS;
      // The liar is alone with the second node: there it is the only one that speaks.
      const small = names(cluster.nodes.slice(0, 2));
      cluster.isLinked = (from, to) => small.includes(from) === small.includes(to);
      cluster.run(60, () => checkTruth(cluster, seed));
      assert.deepEqual(outvoted(cluster), [], `seed ${seed}`);
      for (const { node, verdict, offset } of cluster.nodes[1]!.table.report().peers) {
        assert.equal(verdict, node === liar.name ? 'ahead' : 'silent');
        assert.equal(offset === null, node !== liar.name);
      }
      cluster.isLinked = () => true;
      cluster.run(OUTVOTED_WITHIN_S, () => {});
      assert.deepEqual(outvoted(cluster), [liar.name], `seed ${seed}`);
    }
  });

  it('takes back a node soon after its clock was set right', () => {
    const cluster = new Cluster({ ...randomOptions(3, 5), longDelayNs: 5 * MS, loss: 0 });
    const [liar] = cluster.nodes as [SimulatedNode];
    const honestNs = liar.errorNs;
    liar.errorNs += 700 * MS;
    cluster.run(OUTVOTED_WITHIN_S, () => {});
    assert.deepEqual(outvoted(cluster), [liar.name]);
    liar.errorNs = honestNs;
    let clearedAtS = Infinity;
    cluster.run(60, (second) => {
      if (second > 10) checkTruth(cluster, 3);
      if (outvoted(cluster).length === 0) clearedAtS = Math.min(clearedAtS, second);
    });
    assert.ok(clearedAtS >= 30 && clearedAtS <= 40, `cleared after ${clearedAtS} s`);
  });

  it('whose nodes come and go tells of those that are there, and keeps what it knows of those that stay', () => {
    for (let seed = 0; seed < 5; seed++) {
      const cluster = new Cluster({ ...randomOptions(seed, 12), longDelayNs: 5 * MS, loss: 0.05 });
      cluster.run(25, () => {});
      for (let round = 0; round < 10; round++) {
        const heardBefore = new Map(
          cluster.nodes.flatMap(({ name, table }) =>
            table.report().peers.map((peer) => [`${name} ${peer.node}`, peer.lastHeardNs] as const),
          ),
        );
        cluster.removeNode(cluster.nodes[Math.floor(cluster.random() * cluster.nodes.length)]!.name);
        cluster.addNode();
        cluster.discover();
        const present = new Set(names(cluster.nodes));
        for (const { name, table } of cluster.nodes) {
          const { peers } = table.report();
          assert.equal(peers.length, 8);
          for (const { node, lastHeardNs } of peers) {
            assert.ok(present.has(node), `seed ${seed}: ${node} is gone`);
            assert.equal(lastHeardNs, heardBefore.get(`${name} ${node}`) ?? null);
          }
        }
        cluster.run(5, () => checkTruth(cluster, seed));
      }
      assert.deepEqual(outvoted(cluster), []);
    }
  });
});
