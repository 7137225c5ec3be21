import { readServingPods, REPLICAS, waitFor, waitForFewestPods } from './cluster.ts';
import { expectNoFailure, startCostlyLoad, startServiceLoad } from './service-load.ts';

const RATE = 100;

describe('the autoscaler', () => {
  it('adds pods under load and takes them away after it, and no request fails', async () => {
    await waitForFewestPods();
    await using load = await startServiceLoad(RATE);
    await using costly = startCostlyLoad();
    await waitFor('pods to be added', 300, async () => (await readServingPods()).length > REPLICAS.min);
    expectNoFailure(await costly.stop());
    await waitForFewestPods();
    await load.expectNoFailure();
  });
});
