import assert from 'node:assert/strict';

import { readServingPods, REPLICAS, say, waitFor, waitForPods } from './cluster.ts';
import { expectNoFailure, startOutsideLoad, startServiceLoad } from './service-load.ts';

/** Two centuries of transitions cost the service some 2 ms, and the load almost nothing. */
const COSTLY_PATH = '/v1/zones/Europe/Paris/transitions?from=1900-01-01T00:00:00Z&to=2099-01-01T00:00:00Z';
const COSTLY_RATE = 500;
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
