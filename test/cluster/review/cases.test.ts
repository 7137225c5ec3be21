/**
 * Every case of every rule is applied, in a namespace of its own, on a node that takes no pods: what was said must be
 * what the API server and its controllers do, in the harmless cases too.
 */
import assert from 'node:assert/strict';

import type { KubernetesObject } from '@kubernetes/client-node';

import { ENVIRONMENTS } from '../../../infra/environments.ts';
import { compare } from '../../../infra/review/comparison.ts';
import { synthesize } from '../../../infra/synthesis.ts';
import { statesOf } from '../../infra/review/cases.ts';
import { makeInstall, objectsOf } from '../../infra/review/install.ts';
import { TABLES } from '../../infra/review/tables.ts';
import { checkClaims } from './claims.ts';
import { applyOne, core, createNamespace, deleteNamespace, eventually, kubectl, moveTo, NODE } from './cluster.ts';

describe('the normal form', function () {
  this.timeout(60_000);

  it('is what the API server stores, but for what it alone decides', async () => {
    const namespace = 'review-normal';
    const production = [...synthesize(ENVIRONMENTS)].filter(([name]) => name === 'production.yaml');
    const manifests = moveTo(namespace, [...objectsOf(makeInstall()), ...production.flatMap(([, objects]) => objects)]);
    await createNamespace(namespace);
    const stored: KubernetesObject[] = [];
    for (const manifest of manifests) stored.push(await applyOne(manifest, 'All'));
    for (const { metadata } of stored) {
      for (const field of ['creationTimestamp', 'managedFields', 'resourceVersion', 'uid', 'generation'] as const) {
        delete metadata![field];
      }
    }
    const fields = compare(manifests, stored).changes.flatMap(({ after: object, fields: differing }) =>
      differing.map(({ path }) => `${object?.kind} ${path.join('.')}`),
    );
    assert.deepEqual([...new Set(fields)].toSorted(), [
      'Deployment spec.replicas',
      'Namespace metadata.labels.kubernetes.io/metadata.name',
      'Namespace spec',
      'Service spec.clusterIP',
      'Service spec.clusterIPs',
      'Service spec.ipFamilies',
      'Service spec.ipFamilyPolicy',
    ]);
    await deleteNamespace(namespace);
  });
});

describe('what is said of a change, on a node that takes no pods', function () {
  this.timeout(120_000);

  const taint = (sign: '' | '-') => kubectl('taint', 'node', NODE, `review=quiet:NoSchedule${sign}`);
  before(() => taint(''));
  after(() => taint('-'));

  for (const { rule, cases } of TABLES) {
    for (const [index, one] of cases.entries()) {
      it(`${rule.name}: ${one.it}`, async () => {
        const namespace = `review-${rule.name}-${index}`;
        const { before: old, after: young } = statesOf(one);
        const accounts = ['clock', 'other'].map((name) => `system:serviceaccount:${namespace}:${name}`);
        const users = rule.name === 'permissions' ? [...accounts, 'anyone'] : [];
        await createNamespace(namespace);
        try {
          await checkClaims(namespace, moveTo(namespace, objectsOf(old)), moveTo(namespace, objectsOf(young)), {
            users,
          });
        } finally {
          await deleteNamespace(namespace);
        }
      });
    }
  }

  it('resources: what a quota counts for as many pods is what is said to be reserved', async () => {
    const namespace = 'review-quota';
    const [old, young] = [makeInstall(), makeInstall()];
    for (const { deployment } of [old, young]) deployment.spec!.replicas = 4;
    Object.assign(young.deployment.spec!.template.spec!.containers[0]!.resources!.requests!, {
      cpu: '125m',
      memory: '128Mi',
    });
    const states = [old, young].map(({ account, settings, deployment }) =>
      moveTo(namespace, [account, settings, deployment]),
    );
    const amounts = { 'requests.cpu': '100', 'requests.memory': '100Gi' };
    const quota = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'all', namespace },
      spec: { hard: amounts },
    };
    await createNamespace(namespace);
    await applyOne(quota);
    const used = async () => (await core().readNamespacedResourceQuota({ namespace, name: 'all' })).status?.used ?? {};
    try {
      await checkClaims(namespace, [], states[0]!);
      const was = { 'requests.cpu': '200m', 'requests.memory': '384Mi' };
      assert.deepEqual(await eventually(was, used), was);
      const said = await checkClaims(namespace, states[0]!, states[1]!);
      const reserved = said.map(({ text }) => text).filter((text) => text.startsWith('With 4 pods'));
      assert.deepEqual(reserved, [
        'With 4 pods it reserves cpu 500m instead of 200m.',
        'With 4 pods it reserves memory 512Mi instead of 384Mi.',
      ]);
      // A rollout has pods of both templates for as long as the new ones wait.
      kubectl('--namespace', namespace, 'delete', 'replicasets', '--all');
      const is = { 'requests.cpu': '500m', 'requests.memory': '512Mi' };
      assert.deepEqual(await eventually(is, used), is);
    } finally {
      await deleteNamespace(namespace);
    }
  });
});
