import assert from 'node:assert/strict';

import type { V1Pod } from '@kubernetes/client-node';

import { drainNode, kubectl, readWorkers, REPLICAS, say, waitForPods, watchServing } from './cluster.ts';
import { startServiceLoad } from './service-load.ts';

const RATE = 500;

describe('draining the nodes', () => {
  it('one after another fails no request, and never takes more pods than the budget allows', async () => {
    const nodes = await readWorkers();
    assert.equal(nodes.length, 3);
    await using load = await startServiceLoad(RATE);
    for (const node of nodes) {
      const isThere = ({ spec }: V1Pod) => spec!.nodeName === node;
      const here = (await waitForPods()).filter(isThere);
      say(`draining ${node} of ${here.length} pods`);
      const draining = drainNode(node).then(waitForPods);
      assert.ok((await watchServing(draining)).least >= REPLICAS.min - 1);
      assert.deepEqual((await draining).filter(isThere), []);
      await kubectl('uncordon', node);
    }
    await load.expectNoFailure();
  });
});
