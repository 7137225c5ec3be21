import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { followDiscovery, type Discovery, type Sleep } from '../../app/peers/discovery.ts';
import type { Endpoint } from '../../app/peers/endpoint.ts';
import { discoverEndpointSlices } from '../../app/peers/endpoint-slices.ts';
import { discoverAddresses, discoverHosts, type Lookup } from '../../app/peers/name-discovery.ts';

const endpoint = (node: string): Endpoint => ({ node, address: node, port: 1, isReady: true });

/** Sleeps that last no time, until the given number of them has been slept. */
function countedSleep(ending: AbortController, most: number) {
  const sleptMs: number[] = [];
  const sleep: Sleep = async (ms) => {
    sleptMs.push(ms);
    if (sleptMs.length >= most) ending.abort();
  };
  return { sleep, sleptMs };
}

describe('a discovery', () => {
  it('keeps the endpoints it knew while it fails, and pauses ever longer, up to half a minute', async () => {
    const ending = new AbortController();
    const { sleep, sleptMs } = countedSleep(ending, 9);
    const seen: (readonly Endpoint[])[] = [];
    const failures: unknown[] = [];
    let runs = 0;
    const discover: Discovery = async function* () {
      runs += 1;
      if (runs === 1) yield [endpoint('a')];
      throw new Error(`failure ${runs}`);
    };
    await followDiscovery(
      discover,
      { onEndpoints: (endpoints) => seen.push(endpoints), onFailure: (error) => failures.push(error) },
      { sleep, signal: ending.signal },
    );
    assert.deepEqual(seen, [[endpoint('a')]]);
    assert.equal(failures.length, 9);
    const longest = [1, 2, 4, 8, 16, 30, 30, 30, 30];
    for (const [at, ms] of sleptMs.entries()) {
      assert.ok(ms >= longest[at]! * 500 && ms <= longest[at]! * 1000, `pause ${at}: ${ms} ms`);
    }
    assert.notEqual(new Set(sleptMs).size, 1);
  });

  it('pauses a second at the most once it has worked again, and before it is begun anew', async () => {
    const ending = new AbortController();
    const { sleep, sleptMs } = countedSleep(ending, 6);
    let runs = 0;
    const discover: Discovery = async function* () {
      runs += 1;
      if (runs <= 3) throw new Error('away');
      yield [];
    };
    await followDiscovery(discover, { onEndpoints() {}, onFailure() {} }, { sleep, signal: ending.signal });
    assert.ok(sleptMs[2]! > 1000);
    assert.ok(
      sleptMs.slice(3).every((ms) => ms <= 1000),
      String(sleptMs),
    );
  });

  it('is over when it is ended, and says nothing of what ending it did', async () => {
    const ending = new AbortController();
    const failures: unknown[] = [];
    const discover: Discovery = async function* (signal) {
      yield [];
      ending.abort();
      signal.throwIfAborted();
    };
    const follower = { onEndpoints() {}, onFailure: (error: unknown) => failures.push(error) };
    await followDiscovery(discover, follower, { sleep: () => assert.fail('slept'), signal: ending.signal });
    assert.deepEqual(failures, []);
  });
});

async function firstOf(discovery: Discovery): Promise<readonly Endpoint[]> {
  for await (const endpoints of discovery(new AbortController().signal)) return endpoints;
  throw new Error('Expected endpoints, got none');
}

const never: Sleep = () => assert.fail('slept');

describe('peers found by name', () => {
  const lookup: Lookup = async (name) => {
    if (name === 'two.example') {
      return [
        { address: '2001:db8::1', family: 6 },
        { address: '2001:db8::2', family: 6 },
        { address: '192.0.2.1', family: 4 },
      ];
    }
    throw new Error(`${name} does not resolve`);
  };

  it('are each listed host, one that does not resolve among them', async () => {
    const hosts = [
      { host: 'two.example', port: 1 },
      { host: 'gone.example', port: 2 },
      { host: '2001:db8::9', port: 3 },
    ];
    assert.deepEqual(await firstOf(discoverHosts(hosts, lookup, never)), [
      { node: 'two.example:1', address: '2001:db8::1', port: 1, isReady: true },
      { node: 'gone.example:2', address: 'gone.example', port: 2, isReady: true },
      { node: '[2001:db8::9]:3', address: '2001:db8::9', port: 3, isReady: true },
    ]);
  });

  it('are each address of a name, of one family', async () => {
    assert.deepEqual(await firstOf(discoverAddresses({ host: 'two.example', port: 1 }, lookup, never)), [
      { node: '2001:db8::1', address: '2001:db8::1', port: 1, isReady: true },
      { node: '2001:db8::2', address: '2001:db8::2', port: 1, isReady: true },
    ]);
  });

  it('fail where the name does not resolve, so that the last ones are kept', async () => {
    await assert.rejects(
      firstOf(discoverAddresses({ host: 'gone.example', port: 1 }, lookup, never)),
      /does not resolve/,
    );
  });

  it('are looked for again every half minute', async () => {
    const ending = new AbortController();
    const { sleep, sleptMs } = countedSleep(ending, 3);
    let lists = 0;
    for await (const endpoints of discoverHosts([{ host: 'two.example', port: 1 }], lookup, sleep)(ending.signal)) {
      assert.equal(endpoints.length, 1);
      lists += 1;
    }
    assert.equal(lists, 3);
    for (const ms of sleptMs) assert.ok(ms >= 27_000 && ms <= 33_000, `${ms} ms`);
  });
});

const slice = (name: string, endpoints: object[], port = 50_051) => ({
  metadata: { name },
  addressType: 'IPv4',
  endpoints,
  ports: [
    { name: 'http', port: 8080 },
    { name: 'grpc', port },
  ],
});

const podOn = (node: string, address: string, conditions = {}) => ({
  addresses: [address],
  nodeName: node,
  conditions,
});

/** An API server whose answers the test gives. */
async function openApiServer(answer: (url: URL, response: ServerResponse) => void) {
  const server = createServer((request, response) => answer(new URL(request.url!, 'http://api'), response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const api = {
    namespace: 'time',
    async get(path: string, signal: AbortSignal) {
      const asking = get(`http://127.0.0.1:${port}${path}`, { signal });
      const [response] = (await once(asking, 'response')) as [IncomingMessage];
      return response;
    },
  };
  return {
    openApi: async () => api,
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('peers found by EndpointSlices', () => {
  it('are the listed pods that are not ending, and then what the watch makes of them', async () => {
    const asked: URL[] = [];
    const events = [
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '8' } } },
      { type: 'MODIFIED', object: slice('one', [podOn('a', '10.0.0.1', { ready: false })]) },
      { type: 'ADDED', object: slice('two', [podOn('c', '10.0.0.3')], 7) },
      { type: 'DELETED', object: slice('one', []) },
      { type: 'ERROR', object: { kind: 'Status', code: 410 } },
      { type: 'ADDED', object: slice('late', [podOn('z', '10.0.0.9')]) },
    ];
    using server = await openApiServer((url, response) => {
      asked.push(url);
      if (!url.searchParams.has('watch')) {
        const pods = [
          podOn('a', '10.0.0.1', { ready: true }),
          podOn('b', '10.0.0.2', { ready: false, serving: true, terminating: true }),
        ];
        response.end(JSON.stringify({ metadata: { resourceVersion: '7' }, items: [slice('one', pods)] }));
        return;
      }
      const text = `${events.map((event) => JSON.stringify(event)).join('\n')}\n`;
      // Lines do not come in one piece each.
      for (let at = 0; at < text.length; at += 50) response.write(text.slice(at, at + 50));
      response.end();
    });
    const lists: string[][] = [];
    for await (const endpoints of discoverEndpointSlices(server.openApi, 'the-service')(new AbortController().signal)) {
      lists.push(endpoints.map(({ node, address, port, isReady }) => `${node} ${address}:${port} ${isReady}`));
    }
    assert.deepEqual(lists, [
      ['a 10.0.0.1:50051 true'],
      ['a 10.0.0.1:50051 false'],
      ['a 10.0.0.1:50051 false', 'c 10.0.0.3:7 true'],
      ['c 10.0.0.3:7 true'],
    ]);
    assert.equal(asked[0]?.pathname, '/apis/discovery.k8s.io/v1/namespaces/time/endpointslices');
    assert.equal(asked[0].searchParams.get('labelSelector'), 'kubernetes.io/service-name=the-service');
    const watch = asked[1]?.searchParams;
    assert.equal(watch?.get('resourceVersion'), '7');
    assert.equal(watch?.get('labelSelector'), 'kubernetes.io/service-name=the-service');
    const seconds = Number(watch?.get('timeoutSeconds'));
    assert.ok(seconds >= 300 && seconds <= 360, `${seconds} s`);
  });

  it('fail when the watch breaks off', async () => {
    using server = await openApiServer((url, response) => {
      if (!url.searchParams.has('watch')) response.end(JSON.stringify({ metadata: {}, items: [] }));
      else response.write('{"type":', () => response.destroy());
    });
    const discovery = discoverEndpointSlices(server.openApi, 'the-service')(new AbortController().signal);
    const lists: unknown[] = [];
    await assert.rejects(async () => {
      for await (const endpoints of discovery) lists.push(endpoints);
    }, /aborted/);
    assert.deepEqual(lists, [[]]);
  });
});
