/** What stays when an object leaves the manifests, and what goes with it when it is pruned. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { AuthenticationV1Api, type KubernetesObject, type V1Pod } from '@kubernetes/client-node';

import { makeInstall } from '../../infra/review/install.ts';
import { applyOne, config, core, eventually, findingsOf, KUBECONFIG, kubectl, moveTo } from './cluster.ts';
import { programPod, Running } from './running.ts';

describe('what is said of objects that leave the manifests', function () {
  const running = new Running('review-removal');
  const { namespace } = running;

  const exists = (kind: string) =>
    kubectl('--namespace', namespace, 'get', kind, '--ignore-not-found', '--output', 'name').includes('/clock');

  function applyAll(objects: readonly KubernetesObject[], ...flags: string[]): void {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: moveTo(namespace, objects) });
    const args = ['--kubeconfig', KUBECONFIG, '--namespace', namespace, 'apply', ...flags, '--filename', '-'];
    const env = { ...process.env, KUBECTL_APPLYSET: 'true' };
    execFileSync('kubectl', args, { input, env, stdio: ['pipe', 'ignore', 'pipe'] });
  }

  it('removal: an apply leaves a budget, a prune deletes it', () => {
    const { budget, role } = makeInstall();
    const prune = ['--prune', '--applyset=configmaps/set', '--server-side', '--force-conflicts'];
    const [finding] = findingsOf([budget, role], [role]);
    assert.match(finding!.text, /^Apply leaves it in the cluster, without a manifest; a prune deletes it/);
    applyAll([budget, role], ...prune);
    applyAll([role], '--server-side', '--force-conflicts');
    assert.ok(exists('poddisruptionbudgets'));
    applyAll([role], ...prune);
    assert.deepEqual([exists('poddisruptionbudgets'), exists('roles')], [false, true]);
  });

  it('removal: without the budget a drain may end all pods at once', async () => {
    const { budget } = makeInstall();
    await running.put(budget);
    const pods = await running.waitForPods(2);
    const evictAll = async (victims: readonly V1Pod[]) =>
      Promise.all(
        victims.map(async ({ metadata }) => {
          const name = metadata!.name!;
          try {
            await core().createNamespacedPodEviction({ namespace, name, body: { metadata: { name, namespace } } });
            return true;
          } catch {
            return false;
          }
        }),
      );
    const budgetSeen = () =>
      kubectl('--namespace', namespace, 'get', 'pdb', 'clock', '--output', 'jsonpath={.status.disruptionsAllowed}');
    assert.equal(await eventually('1', budgetSeen), '1');
    assert.equal((await evictAll(pods)).filter(Boolean).length, 1);
    await running.waitForPods(2);
    kubectl('--namespace', namespace, 'delete', 'pdb', 'clock');
    assert.deepEqual(await evictAll(await running.listPods()), [true, true]);
    await running.waitForPods(2);
  });

  it('removal: the number of pods stays when the autoscaler goes', async () => {
    await running.put(makeInstall().autoscaler);
    await delay(1000);
    kubectl('--namespace', namespace, 'delete', 'hpa', 'clock');
    await delay(2000);
    assert.equal(await running.readReplicas(), 2);
  });

  it('removal: pods that need a ConfigMap no longer start without it, and run on if they did', async () => {
    kubectl('--namespace', namespace, 'delete', 'configmap', 'clock');
    const env = [{ name: 'ZONE', valueFrom: { configMapKeyRef: { name: 'clock', key: 'zone' } } }];
    await applyOne(programPod(namespace, 'lacking', 'setInterval(() => {}, 1e6)', { container: { env } }));
    const reason = async () => {
      const { status } = await core().readNamespacedPod({ namespace, name: 'lacking' });
      return status?.containerStatuses?.[0]?.state?.waiting?.reason;
    };
    assert.equal(await eventually('CreateContainerConfigError', reason), 'CreateContainerConfigError');
    assert.equal((await running.listPods()).length, 2);
    await running.put(makeInstall().settings);
  });

  it('removal: without a ServiceAccount its tokens are refused, and no pod of it is made', async () => {
    const { status } = await core().createNamespacedServiceAccountToken({
      namespace,
      name: 'clock',
      body: { spec: { audiences: [] } },
    });
    const accepted = async () => {
      const body = { spec: { token: status!.token! } };
      const review = await config.makeApiClient(AuthenticationV1Api).createTokenReview({ body });
      return review.status?.authenticated === true;
    };
    assert.equal(await accepted(), true);
    kubectl('--namespace', namespace, 'delete', 'serviceaccount', 'clock');
    assert.equal(await eventually(false, accepted, 20_000), false);
    const pod = programPod(namespace, 'nobody', 'setInterval(() => {}, 1e6)', {
      spec: { serviceAccountName: 'clock' },
    });
    await assert.rejects(applyOne(pod), /serviceaccount .*clock.* not found/);
    await running.put(makeInstall().account);
  });

  it('removal: a Service takes its name and address with it, a Deployment its pods', async () => {
    const url = 'http://clock/';
    assert.deepEqual(await eventually([true], () => running.reach('client', [url])), [true]);
    kubectl('--namespace', namespace, 'delete', 'service', 'clock');
    assert.deepEqual(await eventually([false], () => running.reach('client', [url])), [false]);
    kubectl('--namespace', namespace, 'delete', 'deployment', 'clock', '--wait=false');
    assert.equal(await eventually(0, async () => (await running.listPods()).length), 0);
  });
});
