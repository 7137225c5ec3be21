/** Who reaches whom: policies, Services and their endpoints are asked by connecting. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

import { DiscoveryV1Api, NetworkingV1Api, type V1ServicePort } from '@kubernetes/client-node';

import { ofKind } from '../../../infra/review/manifests.ts';
import { statesOf } from '../../infra/review/cases.ts';
import { makeInstall, objectsOf, type Install } from '../../infra/review/install.ts';
import { exposureCases } from '../../infra/review/exposure.cases.ts';
import { networkAccessCases } from '../../infra/review/network-access.cases.ts';
import { applyOne, config, core, eventually, NODE_PROGRAM } from './cluster.ts';
import { CLIENT_PORT, programPod, Running } from './running.ts';

describe('what is said of traffic, where it flows', function () {
  const running = new Running('review-traffic');
  const { namespace, install } = running;

  for (const one of networkAccessCases.cases) {
    it(`network-access: ${one.it}`, async () => {
      const networking = config.makeApiClient(NetworkingV1Api);
      const [pod] = await running.listPods();
      const client = await core().readNamespacedPod({ namespace, name: 'client' });
      const urls = [8080, 8081].map((port) => `http://${pod!.status!.podIP}:${port}/`);
      const clientUrl = `http://${client.status!.podIP}:${CLIENT_PORT}/`;
      const see = async (from: Install) => {
        await networking.deleteCollectionNamespacedNetworkPolicy({ namespace });
        await running.put(...ofKind(objectsOf(from), 'NetworkPolicy'));
        // The node's own time to see a policy is a tenth of a second.
        await delay(1000);
        const out = running.reach(pod!.metadata!.name!, [clientUrl]);
        return { in: running.reach('stranger', urls), out };
      };
      const states = statesOf(one);
      const was = await see(states.before);
      const is = await see(states.after);
      await networking.deleteCollectionNamespacedNetworkPolicy({ namespace });

      const said = one.says.join();
      const gained = (now: boolean[], then: boolean[]) => now.some((answers, index) => answers && !then[index]);
      assert.deepEqual(
        {
          gained: gained(is.in, was.in),
          lost: gained(was.in, is.in),
          outGained: gained(is.out, was.out),
          outLost: gained(was.out, is.out),
        },
        {
          gained: said.includes('may be reached by everyone'),
          lost: said.includes('can no longer be reached by everyone'),
          outGained: said.includes('may reach everyone'),
          outLost: said.includes('can no longer reach everyone'),
        },
      );
    });
  }

  it('network-access: pods that a rule names still reach what others lost', async () => {
    const networking = config.makeApiClient(NetworkingV1Api);
    const one = networkAccessCases.cases.find(({ it: name }) => name === 'says who keeps it where others lose it')!;
    const [pod] = await running.listPods();
    await running.put(statesOf(one).after.policy);
    await delay(1000);
    const url = `http://${pod!.status!.podIP}:8080/`;
    assert.deepEqual([running.reach('client', [url]), running.reach('stranger', [url])], [[true], [false]]);
    await networking.deleteCollectionNamespacedNetworkPolicy({ namespace });
  });

  const countEndpoints = async () => {
    const { items } = await config
      .makeApiClient(DiscoveryV1Api)
      .listNamespacedEndpointSlice({ namespace, labelSelector: 'kubernetes.io/service-name=clock' });
    return items.flatMap((slice) => (slice.ports?.length ? (slice.endpoints ?? []) : [])).length;
  };

  for (const [what, change, number] of [
    [
      'a selector that no pod has leaves none',
      ({ service }) => Object.assign(service.spec!.selector!, { app: 'watch' }),
      0,
    ],
    [
      'a port that no container has leaves none',
      ({ service }) => Object.assign(service.spec!.ports![0]!, { targetPort: 'web' }),
      0,
    ],
    [
      'the port by its number leaves all',
      ({ service }) => Object.assign(service.spec!.ports![0]!, { targetPort: 8080 }),
      2,
    ],
  ] as const satisfies readonly (readonly [string, (changed: Install) => unknown, number])[]) {
    it(`selection: of a Service's endpoints, ${what}`, async () => {
      await running.put(install.service);
      assert.equal(await eventually(2, countEndpoints), 2);
      const changed = makeInstall();
      change(changed);
      await running.put(changed.service);
      assert.equal(await eventually(number, countEndpoints), number);
      await running.put(install.service);
    });
  }

  interface Ways {
    readonly inside: readonly number[];
    readonly outside: boolean;
  }

  /** Which ports of a Service answer inside the cluster, and whether one of the node's does. */
  const seeService = async (): Promise<Ways> => {
    const { spec } = await core().readNamespacedService({ namespace, name: 'clock' });
    const numbers = [80, 81];
    const inside = running.reach(
      'client',
      numbers.map((port) => `http://${spec!.clusterIP}:${port}/`),
    );
    const nodePort = (port: V1ServicePort) => `http://${nodeAddress}:${port.nodePort}/`;
    const outside = spec!.ports!.filter((port) => port.nodePort !== undefined).map(nodePort);
    const answers = await Promise.all(outside.map(reachFromHere));
    return { inside: numbers.filter((_, index) => inside[index]), outside: answers.includes(true) };
  };
  let nodeAddress = '';
  before('a client whom no policy names, and the address of the node', async () => {
    await applyOne(programPod(namespace, 'stranger', 'setInterval(() => {}, 1e6)'));
    assert.equal(await eventually('Running', () => running.phaseOf('stranger')), 'Running');
    const [node] = (await core().listNode()).items;
    nodeAddress = node!.status!.addresses!.find(({ type }) => type === 'InternalIP')!.address;
  });

  const reachFromHere = async (url: string) => {
    try {
      return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok;
    } catch {
      return false;
    }
  };

  for (const one of exposureCases.cases) {
    it(`exposure: ${one.it}`, async () => {
      const see = async (from: Install, expected: Ways) => {
        await running.put(from.service);
        return eventually(expected, seeService, 15_000);
      };
      const states = statesOf(one);
      const expectedOf = ({ service }: Install): Ways => ({
        inside: service.spec!.ports!.map(({ port }) => port),
        outside: service.spec!.type === 'NodePort',
      });
      const was = await see(states.before, expectedOf(states.before));
      const is = await see(states.after, expectedOf(states.after));
      const said = one.says.join();
      assert.deepEqual(
        {
          lost: was.inside.some((port) => !is.inside.includes(port)),
          opened: !was.outside && is.outside,
          closed: was.outside && !is.outside,
        },
        {
          lost: said.includes('Connections to its port'),
          opened: said.includes('Can be reached from outside'),
          closed: said.includes('Can no longer be reached from outside'),
        },
      );
      await core().deleteNamespacedService({ namespace, name: 'clock' });
      await running.put(install.service);
    });
  }

  it('exposure: a pod that is not ready answers a Service that names pods before they are', async () => {
    const program = `require('node:http').createServer((_, answer) => answer.end('early')).listen(8080, '::')`;
    const readinessProbe = { exec: { command: [NODE_PROGRAM, '-e', 'process.exit(1)'] } };
    const ports = [{ name: 'http', containerPort: 8080 }];
    await applyOne(
      programPod(namespace, 'unready', program, { labels: { app: 'late' }, container: { readinessProbe, ports } }),
    );
    assert.equal(await eventually('Running', () => running.phaseOf('unready')), 'Running');
    const service = makeInstall().service;
    service.spec!.selector = { app: 'late' };
    await running.put(service);
    await delay(2000);
    assert.deepEqual((await seeService()).inside, []);
    service.spec!.publishNotReadyAddresses = true;
    await running.put(service);
    assert.deepEqual((await eventually({ inside: [80], outside: false }, seeService)).inside, [80]);
  });
});
