import assert from 'node:assert/strict';

import type { Endpoint } from '../../app/peers/endpoint.ts';
import { PeerTable, SILENT_AFTER_NS } from '../../app/peers/peer-table.ts';

const MS = 1_000_000n;
const S = 1000n * MS;

const peer = (node: string, address = '10.0.0.1'): Endpoint => ({ node, address, port: 50_051, isReady: true });

/** A table whose own clocks stand where the test puts them. */
function openTable(...nodes: string[]) {
  const time = { wall: 1000n * S, monotonic: 5n * S, wallNs: () => time.wall, monotonicNs: () => time.monotonic };
  const table = new PeerTable({ time, toleranceNs: 100n * MS });
  table.replace(nodes.map((node) => peer(node)));
  /** The node answers now, with a clock that is ahead by an offset, after 4 ms on the way there and 2 ms back. */
  const hear = (node: string, offsetNs: bigint) => {
    const t1Ns = time.monotonic;
    const t2Ns = time.wall + 4n * MS + offsetNs;
    time.wall += 6n * MS;
    time.monotonic += 6n * MS;
    return table.add(node, { t1Ns, t2Ns, t3Ns: t2Ns, t4Ns: time.monotonic }, '2026b');
  };
  const pass = (ns: bigint) => {
    time.wall += ns;
    time.monotonic += ns;
  };
  return { table, time, hear, pass };
}

describe('the table of peers', () => {
  it('tells the offset with half of the delay, and the drift since, as its uncertainty', () => {
    const { table, hear, pass } = openTable('a');
    hear('a', 250n * MS);
    assert.deepEqual(table.report().peers[0], {
      node: 'a',
      verdict: 'ahead',
      offset: { offsetNs: 251n * MS, uncertaintyNs: 3n * MS + 1n, delayNs: 6n * MS },
      lastHeardNs: 1000n * S + 6n * MS,
      tzdb: '2026b',
    });
    pass(S);
    assert.equal(table.report().peers[0]?.offset?.uncertaintyNs, 4n * MS + 1n);
  });

  it('has an offset right at once when its own clock is stepped', () => {
    const { table, time, hear } = openTable('a');
    hear('a', 0n);
    time.wall -= 400n * MS;
    const [{ verdict, offset }] = table.report().peers as [ReturnType<typeof table.report>['peers'][number]];
    assert.equal(verdict, 'ahead');
    assert.equal(offset?.offsetNs, 401n * MS);
  });

  it('counts the time between its two own clocks’ readings to the uncertainty', () => {
    const { table, time, hear } = openTable('a');
    hear('a', 0n);
    const before = table.report().peers[0]!.offset!.uncertaintyNs;
    time.wallNs = () => {
      time.monotonic += 30n * MS;
      return time.wall;
    };
    const { uncertaintyNs } = table.report().peers[0]!.offset!;
    assert.ok(uncertaintyNs - before >= 15n * MS, `from ${before} to ${uncertaintyNs}`);
  });

  it('finds a peer silent that answered nothing, and one that has not answered of late', () => {
    const { table, hear, pass } = openTable('a', 'b');
    hear('a', 0n);
    const verdicts = () => table.report().peers.map(({ verdict }) => verdict);
    pass(SILENT_AFTER_NS);
    assert.deepEqual(verdicts(), ['agrees', 'silent']);
    pass(1n);
    assert.deepEqual(verdicts(), ['silent', 'silent']);
    assert.deepEqual(
      table.report().peers.map(({ offset, lastHeardNs }) => [offset, lastHeardNs]),
      [
        [null, 1000n * S + 6n * MS],
        [null, null],
      ],
    );
  });

  it('tells each change of a verdict once', () => {
    const { table, hear } = openTable('a', 'b');
    const changes = () => table.weigh().map(({ node, verdict }) => `${node} ${verdict}`);
    assert.deepEqual(changes(), []);
    hear('a', -250n * MS);
    hear('b', 0n);
    assert.deepEqual(changes(), ['a behind', 'b agrees']);
    assert.deepEqual(changes(), []);
    hear('a', 0n);
    assert.deepEqual(changes(), ['a agrees']);
  });

  it('knows a node still when another of its pods is asked, and not when it comes back after it was gone', () => {
    const { table, hear } = openTable('a');
    hear('a', 0n);
    table.replace([peer('a', '10.0.0.2')]);
    assert.deepEqual(
      table.report().peers.map(({ node, verdict }) => [node, verdict]),
      [['a', 'agrees']],
    );
    table.replace([]);
    assert.deepEqual(table.report().peers, []);
    table.replace([peer('a')]);
    assert.equal(table.report().peers[0]?.verdict, 'silent');
  });

  it('lets an answer fall that comes after its peer has gone', () => {
    const { table, hear } = openTable('a');
    table.replace([peer('b')]);
    assert.equal(hear('a', 0n), true);
    assert.deepEqual(
      table.report().peers.map(({ node, verdict }) => [node, verdict]),
      [['b', 'silent']],
    );
  });
});
