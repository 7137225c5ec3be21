/** What Netflix's server cannot be made to answer at will; test/discovery/eureka.test.ts has the rest, against the real one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { discoverEureka } from '../../app/peers/eureka.ts';
import { openEureka } from '../../app/registry/eureka.ts';

const instance = (id: string, status: string, rest: object = {}) => ({
  instanceId: id,
  hostName: id,
  app: 'TIME-SERVICE',
  ipAddr: '192.0.2.7',
  status,
  metadata: { 'grpc-port': '50051' },
  ...rest,
});

const applications = (hash: string, instances: unknown) => ({
  applications: {
    apps__hashcode: hash,
    application: [
      { name: 'TIME-SERVICE', instance: instances },
      { name: 'OTHER', instance: [instance('other', 'UP', { app: 'OTHER' })] },
    ],
  },
});

/** @returns the lists found, and the paths asked, where the server answers these in turn, a number being a refusal */
async function discover(answers: readonly [path: string, answer: object | number][]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [, answer] = answers[asked.length] ?? ['', 500];
    asked.push(request.url ?? '');
    if (typeof answer === 'number') response.writeHead(answer).end();
    else response.end(JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ending = new AbortController();
  const sleep = async () => {
    if (asked.length >= answers.length) ending.abort();
    ending.signal.throwIfAborted();
  };
  const found: string[] = [];
  const client = openEureka({ url, readToken: async () => undefined });
  try {
    for await (const endpoints of discoverEureka(client, sleep)(ending.signal)) {
      found.push(endpoints.map(({ node, isReady }) => `${node} ${isReady}`).join());
    }
  } catch (error) {
    found.push(String(error));
  }
  server.close();
  assert.deepEqual(
    asked,
    answers.map(([path]) => path),
  );
  return found.filter((text) => !text.startsWith('AbortError'));
}

describe('peers found in Eureka', () => {
  it('are those of this service, ready where they are up, and are asked for anew where changes do not add up', async () => {
    const found = await discover([
      ['/apps', applications('UP_2_', [instance('a', 'UP')])],
      ['/apps/delta', applications('DOWN_1_UP_2_', [instance('b', 'DOWN', { actionType: 'ADDED' })])],
      ['/apps/delta', applications('UP_2_', [instance('b', 'DOWN', { actionType: 'DELETED' })])],
      ['/apps/delta', applications('UP_9_', [])],
      ['/apps', applications('UP_3_', [instance('a', 'UP'), instance('c', 'UP')])],
    ]);
    assert.deepEqual(found, ['a true', 'a true,b false', 'a true', 'a true,c true']);
  });

  it('are asked for as a whole each time where the server does not tell of changes', async () => {
    const found = await discover([
      ['/apps', applications('UP_2_', [instance('a', 'UP')])],
      ['/apps/delta', 403],
      ['/apps', applications('OUT_OF_SERVICE_1_UP_1_', [instance('a', 'OUT_OF_SERVICE')])],
    ]);
    assert.deepEqual(found, ['a true', 'a false']);
  });

  it('are read also where a list of one is written as the one, and where there is none', async () => {
    assert.deepEqual(await discover([['/apps', applications('UP_2_', instance('a', 'UP'))]]), ['a true']);
    assert.deepEqual(await discover([['/apps', { applications: { apps__hashcode: '' } }]]), []);
  });

  it('leave out an instance that does not say where it answers peers', async () => {
    const bare = applications('UP_3_', [instance('a', 'UP'), instance('old', 'UP', { metadata: null })]);
    assert.deepEqual(await discover([['/apps', bare]]), ['a true']);
  });

  it('fail where the server refuses them all, so that the last ones are kept', async () => {
    assert.deepEqual(await discover([['/apps', 403]]), ['RegistryError: The registry answers 403 to GET /apps: ']);
  });
});
