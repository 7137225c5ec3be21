import assert from 'node:assert/strict';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { openService, partsOver } from './service.ts';
import { drainServers } from '../../app/drain.ts';
import { apiRoutes } from '../../app/http/api.ts';
import { EventStreams } from '../../app/http/events.ts';
import { Machine, openBareClock, SECOND } from '../clock/machine.ts';

async function openEvents(clock = new Machine().openClock()) {
  const parts = partsOver(clock);
  const { events } = parts;
  const service = await openService({ routes: apiRoutes(parts) });
  return {
    events,
    service,
    async [Symbol.asyncDispose]() {
      events[Symbol.dispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** A listener that reads event by event. */
async function listen(url: string) {
  const response = await fetch(`${url}/v1/events`);
  assert.equal(response.status, 200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  /** @returns the next event without its blank line, or undefined at the end */
  const next = async (): Promise<string | undefined> => {
    while (!text.includes('\n\n')) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
    const end = text.indexOf('\n\n');
    const event = text.slice(0, end);
    text = text.slice(end + 2);
    return event;
  };
  return { response, next, leave: () => reader.cancel() };
}

const nameOf = (event: string | undefined) => /^event: (.*)$/m.exec(event ?? '')?.[1];
const dataOf = (event: string | undefined) =>
  JSON.parse(/^data: (.*)$/m.exec(event ?? '')?.[1] ?? 'null') as Record<string, never>;

describe('GET /v1/events', () => {
  it('tells what the clock is worth at once, and is not to be kept or collected on the way', async () => {
    await using test = await openEvents();
    const { response, next, leave } = await listen(test.service.url);
    assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    assert.equal(response.headers.get('x-accel-buffering'), 'no');
    const first = await next();
    assert.equal(nameOf(first), 'clock');
    assert.deepEqual(dataOf(first)['clock'], { state: 'synchronized', boundUs: 2000 });
    await leave();
  });

  it('tells the time once each second has begun', async () => {
    await using test = await openEvents(openBareClock());
    const { next, leave } = await listen(test.service.url);
    await next();
    const seconds: number[] = [];
    for (let count = 0; count < 2; count++) {
      const event = await next();
      assert.equal(nameOf(event), 'time');
      const unixMs = Number(dataOf(event)['unixMs']);
      assert.ok(unixMs % 1000 < 500, String(unixMs));
      seconds.push(Math.floor(unixMs / 1000));
    }
    assert.equal((seconds[1] ?? 0) - (seconds[0] ?? 0), 1);
    await leave();
  });

  it('tells a step when it is found, in one event with all that changes with it', async () => {
    const machine = new Machine();
    const clock = machine.openClock();
    await using test = await openEvents(clock);
    const { next, leave } = await listen(test.service.url);
    await next();
    machine.wallErrorNs = -SECOND;
    clock.sample();
    const { steps, clock: worth } = dataOf(await next());
    assert.equal(steps?.['backward'], 1);
    assert.equal(worth?.['state'], 'free-running');
    assert.equal(nameOf(await next()), 'time');
    await leave();
  });

  it('keeps for a reader that is too slow the newest of each event, and no queue', async () => {
    const machine = new Machine();
    const clock = machine.openClock();
    using events = new EventStreams(clock);
    const socket = { writableLength: 0 };
    const stream = events.open({ socket } as never).setEncoding('utf8');
    assert.match(String(stream.read()), /"backward":0/);
    // From now on what was sent has not left.
    socket.writableLength = 1;
    const step = async () => {
      machine.wallErrorNs -= SECOND;
      clock.sample();
      await new Promise(setImmediate);
    };
    for (let count = 0; count < 100; count++) await step();
    assert.equal(stream.read(), null);
    socket.writableLength = 0;
    await step();
    const text = String(stream.read());
    assert.equal(text.split('event: clock').length, 2, text);
    assert.match(text, /"backward":101/);
  });

  it('is no stream for HEAD, which leaves nobody behind', async () => {
    await using test = await openEvents();
    const response = await fetch(`${test.service.url}/v1/events`, { method: 'HEAD' });
    assert.equal(response.status, 200);
    assert.equal(test.events.size, 0);
  });

  it('forgets a listener that has gone', async () => {
    await using test = await openEvents();
    const { next, leave } = await listen(test.service.url);
    await next();
    assert.equal(test.events.size, 1);
    await leave();
    while (test.events.size > 0) await delay(5);
  });

  it('ends in a drain, telling each listener its own time to come back, and takes no more', async () => {
    await using test = await openEvents();
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen(test.service.url)));
    for (const { next } of listeners) await next();
    const drained = drainServers([test.events, test.service.server], { acceptMs: 100, deadlineMs: 5000 });
    const refused = await fetch(`${test.service.url}/v1/events`);
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get('retry-after'), '1');
    const retries = await Promise.all(listeners.map(({ next }) => next()));
    for (const retry of retries) {
      const ms = Number(/^retry: (\d+)$/.exec(retry ?? '')?.[1]);
      assert.ok(ms >= 500 && ms <= 5000, `${retry}`);
    }
    assert.ok(new Set(retries).size > 10);
    for (const { next } of listeners) assert.equal(await next(), undefined);
    assert.equal(await drained, true);
  });

  it('tells a listener that is slow to hear it only once that the stream ends', async () => {
    using events = new EventStreams(new Machine().openClock());
    const stream = events.open({ socket: { writableLength: 1 } } as never);
    events.beginDrain();
    await events.close();
    assert.match(await readText(stream), /^retry: \d+\n\n$/);
  });

  it('has room for a thousand listeners, and tells the next one so', async () => {
    await using test = await openEvents();
    const request = { socket: { writableLength: 0 } } as never;
    const streams = Array.from({ length: 1000 }, () => test.events.open(request));
    const refused = await fetch(`${test.service.url}/v1/events`);
    assert.equal(refused.status, 503);
    streams[0]?.destroy();
    while (test.events.size === 1000) await delay(1);
    const { leave } = await listen(test.service.url);
    await leave();
  });
});
