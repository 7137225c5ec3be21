import assert from 'node:assert/strict';

import { choosePeers, groupByNode, MOST_PEERS, type Endpoint } from '../../app/peers/endpoint.ts';

function pod(node: string, address: string, isReady = true): Endpoint {
  return { node, address, port: 50_051, isReady };
}

function podsOn(nodes: number, podsPerNode: number): Endpoint[] {
  return Array.from({ length: nodes * podsPerNode }, (_, at) => pod(`node-${at % nodes}`, `10.0.${at % nodes}.${at}`));
}

describe('the choice of peers', () => {
  it('is one pod of each other node while there are few', () => {
    const chosen = choosePeers(groupByNode(podsOn(4, 3)), '10.0.0.0', 'node-0');
    assert.deepEqual(
      chosen.map(({ node }) => node),
      ['node-1', 'node-2', 'node-3'],
    );
  });

  it('is all nodes where the own one is not known', () => {
    assert.equal(choosePeers(groupByNode(podsOn(4, 1)), 'elsewhere', undefined).length, 4);
  });

  it('prefers a pod that serves, and takes one that does not where there is no other', () => {
    for (let count = 0; count < 20; count++) {
      const nodes = groupByNode([pod('a', '1', false), pod('a', '2'), pod('a', '3', false), pod('b', '4', false)]);
      const chosen = choosePeers(nodes, `self-${count}`, undefined);
      assert.deepEqual(
        chosen.map(({ address }) => address),
        ['2', '4'],
      );
    }
  });

  it('does not depend on the order in which pods are listed', () => {
    const pods = podsOn(50, 2);
    assert.deepEqual(
      choosePeers(groupByNode(pods.toReversed()), 'self', undefined),
      choosePeers(groupByNode(pods), 'self', undefined),
    );
  });

  it('replaces a node that goes by one other, and keeps the rest', () => {
    const pods = podsOn(100, 1);
    const before = choosePeers(groupByNode(pods), 'self', undefined).map(({ node }) => node);
    const gone = before[3];
    const after = choosePeers(groupByNode(pods.filter(({ node }) => node !== gone)), 'self', undefined);
    const kept = after.map(({ node }) => node).filter((node) => before.includes(node));
    assert.equal(after.length, MOST_PEERS);
    assert.deepEqual(
      kept,
      before.filter((node) => node !== gone),
    );
  });

  for (const [pods, nodes] of [
    [10, 5],
    [100, 50],
    [1000, 500],
    [10_000, 1000],
  ] as const) {
    it(`makes exchanges that grow with the pods, and spreads them: ${pods} pods on ${nodes} nodes`, () => {
      const endpoints = podsOn(nodes, pods / nodes);
      const groups = groupByNode(endpoints);
      const asked = new Map(endpoints.map(({ address }) => [address, 0]));
      for (const { address, node } of endpoints) {
        for (const peer of choosePeers(groups, address, node)) asked.set(peer.address, asked.get(peer.address)! + 1);
      }
      const counts = [...asked.values()];
      const total = counts.reduce((sum, count) => sum + count);
      assert.equal(total, pods * Math.min(MOST_PEERS, nodes - 1));
      assert.ok(Math.max(...counts) <= 4 * MOST_PEERS, `a pod is asked by ${Math.max(...counts)}`);
      const byNode = Map.groupBy(endpoints, ({ node }) => node);
      const unasked = [...byNode.values()].filter((members) =>
        members.every(({ address }) => asked.get(address) === 0),
      );
      assert.ok(unasked.length <= nodes / 500, `${unasked.length} nodes are asked by nobody`);
    });
  }
});
