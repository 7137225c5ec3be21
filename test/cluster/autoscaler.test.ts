import assert from 'node:assert/strict';

import { readServingPods, REPLICAS, say, waitFor, waitForPods } from './cluster.ts';
import { COSTLY_PATH, COSTLY_RATE, expectNoFailure, startOutsideLoad, startServiceLoad } from './service-load.ts';

const RATE = 100;

describe('the autoscaler', () => {
  it('adds pods under load and takes them away after it, and no request fails', async () => {
    await waitForPodCount('at first', (count) => count === REPLICAS.min);
    await using load = await startServiceLoad(RATE);
    await using costly = startOutsideLoad(COSTLY_RATE, COSTLY_PATH);
    await waitForPodCount('under load', (count) => count > REPLICAS.min);
    expectNoFailure(await costly.stop());
    await waitForPodCount('after it', (count) => count === REPLICAS.min);
    assert.equal((await waitForPods()).length, REPLICAS.min);
    await load.expectNoFailure();
  });
});

async function waitForPodCount(when: string, isWanted: (count: number) => boolean): Promise<void> {
  let count = 0;
  await waitFor(`another number of pods ${when}`, 300, async () => {
    count = (await readServingPods()).length;
    return isWanted(count);
  });
  say(`${count} pods ${when}`);
}
