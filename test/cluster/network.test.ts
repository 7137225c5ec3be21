/** What the network refuses is dropped without a word, so that a refused caller is one that had no answer in time. */
import assert from 'node:assert/strict';

import { change, kubectl, readServingPods, runInPod, target } from './cluster.ts';
import { caller, CALLERS, waitForCallers } from './callers.ts';
import { DEFAULT_PORTS } from '../../app/config.ts';
import { ADMIN_ACCESS_LABELS } from '../../infra/labels.ts';

const ANSWER_MS = 2000;
const SERVE = ['--eval', "require('node:http').createServer((_, response) => response.end()).listen(8080)"];
const { namespace } = target.environment;

/** What a pod gets for a GET: the answer's status, or `refused`. */
async function get(from: { pod: string; namespace: string }, url: string): Promise<string> {
  const code = `fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(${ANSWER_MS}) })
    .then(({ status }) => console.log(status), () => console.log('refused'))
    .finally(() => process.exit())`;
  return (await runInPod(from.pod, code, from.namespace)).trim();
}

describe('the network policy', () => {
  const stranger = { pod: 'stranger', namespace: CALLERS };
  const neighbour = { pod: 'neighbour', namespace };
  const monitor = { pod: 'monitor', namespace };
  const pods = [
    caller(stranger.pod, stranger.namespace, SERVE),
    caller(neighbour.pod, neighbour.namespace, SERVE),
    caller(monitor.pod, monitor.namespace, SERVE, ADMIN_ACCESS_LABELS),
  ];
  let service = { pod: '', namespace, address: '' };

  before(async () => {
    await change('apply', ...pods);
    await waitForCallers(...pods);
    const [pod] = await readServingPods();
    service = { pod: pod!.metadata!.name!, namespace, address: pod!.status!.podIP! };
  });

  after(() => change('delete', ...pods));

  it('keeps the admin port from pods without the label, in any namespace', async () => {
    const metrics = `http://${service.address}:${DEFAULT_PORTS.admin}/metrics`;
    assert.equal(await get(stranger, metrics), 'refused');
    assert.equal(await get(neighbour, metrics), 'refused');
    assert.equal(await get(monitor, metrics), '200');
  });

  it('lets every pod reach the public port', async () => {
    const time = `http://${service.address}:${DEFAULT_PORTS.http}/time`;
    for (const pod of [stranger, neighbour, monitor]) assert.equal(await get(pod, time), '200');
  });

  it('lets the service reach nothing but what it needs', async () => {
    const address = await kubectl('get', 'pod', '-n', CALLERS, stranger.pod, '--output', 'jsonpath={.status.podIP}');
    const url = `http://${address}:8080/`;
    assert.equal(await get(neighbour, url), '200');
    assert.equal(await get(service, url), 'refused');
  });
});
