import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Pod } from '@kubernetes/client-node';

import { CONTROL_PLANE, kubectl, readServingPods, REPLICAS, say, target, waitForPods } from './cluster.ts';
import { startServiceLoad } from './service-load.ts';

const RATE = 500;
/** Every pod of a node, as an operator drains it before maintenance. */
const EVERYTHING = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout', '120s'];

describe('draining the nodes', () => {
  it('one after another fails no request, and never takes more pods than the budget allows', async () => {
    const nodes = (await target.list<V1Pod>('nodes'))
      .map(({ metadata }) => metadata!.name!)
      .filter((node) => node !== CONTROL_PLANE);
    assert.equal(nodes.length, 3);
    await using load = await startServiceLoad(RATE);
    for (const node of nodes) {
      const isThere = ({ spec }: V1Pod) => spec!.nodeName === node;
      const here = (await waitForPods()).filter(isThere);
      say(`draining ${node} of ${here.length} pods`);
      const draining = kubectl('drain', node, ...EVERYTHING).then(waitForPods);
      assert.ok((await watchServing(draining)) >= REPLICAS.min - 1);
      assert.deepEqual((await draining).filter(isThere), []);
      await kubectl('uncordon', node);
    }
    await load.expectNoFailure();
  });
});

/** Looks at how many pods serve for as long as something goes on, and gives the lowest number. */
async function watchServing(work: Promise<unknown>): Promise<number> {
  let lowest = Infinity;
  while (await Promise.race([work.then(() => false), delay(250, true)])) {
    lowest = Math.min(lowest, (await readServingPods()).length);
  }
  return lowest;
}
