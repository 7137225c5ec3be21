import assert from 'node:assert/strict';

import { readServingPods, REPLICAS, say, waitFor, waitForPods } from './cluster.ts';
import { startServiceLoad } from './service-load.ts';

/** Two centuries of transitions cost the service some 2 ms, and the load almost nothing. */
const COSTLY_PATH = '/v1/zones/Europe/Paris/transitions?from=1900-01-01T00:00:00Z&to=2099-01-01T00:00:00Z';
const COSTLY_RATE = 500;
const RATE = 100;

describe('the autoscaler', () => {
  it('adds pods under load and takes them away after it, and no request fails', async () => {
    await waitFor(`${REPLICAS.min} pods at first`, 300, async () => (await waitForPods()).length === REPLICAS.min);
    await using costly = await startServiceLoad(COSTLY_RATE, COSTLY_PATH);
    await waitFor('more pods under load', 180, async () => (await readServingPods()).length > REPLICAS.min);
    say(`${(await readServingPods()).length} pods under load`);
    await costly.expectNoFailure();

    await using light = await startServiceLoad(RATE);
    await waitFor('fewer pods after the load', 300, async () => (await waitForPods()).length === REPLICAS.min);
    await light.expectNoFailure();
    assert.equal((await readServingPods()).length, REPLICAS.min);
  });
});
