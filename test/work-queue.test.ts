import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { WorkQueue } from '../app/work-queue.ts';

function workFor(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

const oneClient = {};
const client = () => oneClient;

describe('a queue of work', () => {
  it('does at once what comes alone', () => {
    let isDone = false;
    new WorkQueue().do(() => (isDone = true), client);
    assert.ok(isDone);
  });

  it('lets other things come in between, and does all in order', async () => {
    const queue = new WorkQueue();
    const done: number[] = [];
    for (let index = 0; index < 20; index++) {
      queue.do(() => {
        workFor(2);
        done.push(index);
      }, client);
    }
    assert.ok(done.length < 10, String(done.length));
    let turns = 0;
    for (; done.length < 20; turns++) await nextTurn();
    assert.ok(turns >= 4, String(turns));
    assert.deepEqual(
      done,
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  it('tells how long what it does has waited', async () => {
    const queue = new WorkQueue();
    const waited: number[] = [];
    for (let index = 0; index < 3; index++) {
      queue.do(() => {
        waited.push(queue.waitedMs);
        workFor(20);
      }, client);
    }
    while (waited.length < 3) await nextTurn();
    assert.equal(waited[0], 0);
    assert.ok(waited[1]! < waited[2]! && waited[2]! >= 20, String(waited));
    assert.equal(queue.waitedMs, 0);
  });

  it('lets connections take turns, whatever one of them asks for at once', async () => {
    const queue = new WorkQueue();
    const done: string[] = [];
    const clientOf = (name: string) => {
      const connection = {};
      return () =>
        queue.do(
          () => {
            workFor(2);
            done.push(name);
          },
          () => connection,
        );
    };
    const askGreedily = clientOf('greedy');
    for (let index = 0; index < 100; index++) askGreedily();
    const before = done.length;
    clientOf('modest')();
    clientOf('meek')();
    while (!done.includes('meek')) await nextTurn();
    assert.deepEqual(done.slice(before), ['greedy', 'modest', 'meek']);
  });
});
