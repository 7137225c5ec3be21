import assert from 'node:assert/strict';

import { describeReleases } from '../../app/page/tz-release.ts';

describe('what the page tells of tz releases', () => {
  for (const [name, own, peers, text] of [
    ['nothing without other nodes', '2026c', [], ''],
    ['nothing where all have the same', '2026c', ['2026c', '2026c'], ''],
    ['nothing of a node that has not said', '2026c', [null], ''],
    ['who is behind', '2026c', ['2026b', '2026c'], 'the newest tz database is 2026c, but node-0 has 2026b.'],
    [
      'that the node which answers is behind',
      '2026b',
      ['2027a', '2026c'],
      'the newest tz database is 2027a, but the node that answers has 2026b, node-1 has 2026c.',
    ],
  ] as const) {
    it(`is ${name}`, () => {
      const nodes = peers.map((tzdb, index) => ({ node: `node-${index}`, tzdb }));
      assert.equal(describeReleases(own, nodes), text && `Out of date: ${text}`);
    });
  }
});
