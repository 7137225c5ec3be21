import assert from 'node:assert/strict';

import { lostWithNode, planCapacity, type Demand } from '../../../infra/capacity/plan.ts';

/** A request takes 28 µs of a core that is busy for 0.8 of the time; a little busier, and its p99 passes 5 ms. */
const MODEL = { aloneSeconds: 60e-6, savedSeconds: 40e-6, unqueuedMs: 0.2, queueMs: 0.17 };

const plan = (demand: Partial<Demand> = {}) =>
  planCapacity(
    { requestsPerSecond: 50_000, p99Ms: 5, ...demand },
    { model: MODEL, busiestCores: 0.9, memoryMebibytes: 160 },
  );

describe('a capacity plan', () => {
  it('makes a pod as large as its answers are in time', () => {
    const { cpuRequestMillis, p99Ms, podRequestsPerSecond } = plan();
    assert.equal(cpuRequestMillis, 800);
    assert.ok(p99Ms.usual < p99Ms.most && p99Ms.most <= 5, JSON.stringify(p99Ms));
    assert.equal(Math.round(podRequestsPerSecond.most), 28_571);
    assert.ok(plan({ p99Ms: 2.5 }).cpuRequestMillis < 800);
  });

  it('makes no pod larger than the model was checked for, or than a node can hold', () => {
    assert.equal(plan({ p99Ms: 1000 }).cpuRequestMillis, 900);
    assert.equal(plan({ p99Ms: 1000, mostCores: 0.5 }).cpuRequestMillis, 500);
  });

  it('has enough pods for the load, at the share that the autoscaler aims at', () => {
    for (const requestsPerSecond of [1000, 50_000, 200_000, 1_000_000]) {
      const { replicas, podRequestsPerSecond } = plan({ requestsPerSecond });
      assert.ok(replicas.max * podRequestsPerSecond.usual >= requestsPerSecond, String(requestsPerSecond));
    }
  });

  it('keeps answers in time when the node with the most pods is lost', () => {
    for (const requestsPerSecond of [1000, 50_000, 60_000, 70_000, 200_000]) {
      const { replicas, podRequestsPerSecond } = plan({ requestsPerSecond });
      const left = replicas.max - lostWithNode(replicas.max);
      assert.ok(left * podRequestsPerSecond.most >= requestsPerSecond, String(requestsPerSecond));
    }
  });

  it('never has fewer than three pods: fewer nodes have no majority', () => {
    assert.deepEqual(plan({ requestsPerSecond: 1 }).replicas, { min: 3, max: 3 });
  });

  it('gives a pod a tenth more memory than it was seen to take', () => {
    assert.equal(plan().memoryMebibytes, 192);
  });

  it('says what can be had where answers are wanted sooner', () => {
    assert.throws(() => plan({ p99Ms: 1.1 }), /^Error: Expected a p99 of more than 1\.2 ms, got 1\.1 ms$/);
  });
});
