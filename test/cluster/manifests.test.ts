import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { KubernetesObject, V1Deployment, V1Namespace } from '@kubernetes/client-node';

import { change, kubectl, NAME, readServingPods, REPLICAS, target, WORK_FOLDER } from './cluster.ts';
import { FIELD_MANAGER } from '../../infra/cluster/deploy.ts';
import { releasedImage } from '../../infra/deployment.ts';
import { ownerLabels, selectorText } from '../../infra/labels.ts';

const APPLY = ['--server-side', '--field-manager', FIELD_MANAGER, '--filename'];
const KINDS =
  'serviceaccounts,roles,rolebindings,networkpolicies,services,deployments,horizontalpodautoscalers,poddisruptionbudgets';

describe('the manifests on a cluster', () => {
  it('become pods that serve, one a node', async () => {
    const pods = await readServingPods();
    assert.equal(pods.length, REPLICAS.min);
    assert.equal(new Set(pods.map(({ spec }) => spec!.nodeName)).size, REPLICAS.min);
  });

  it('keep every pod under the restricted profile', async () => {
    const namespace = await target.get<V1Namespace>('namespace', target.environment.namespace);
    const level = 'pod-security.kubernetes.io/enforce';
    assert.equal(namespace.metadata!.labels![level], 'restricted');
    const privileged = { name: 'privileged', image: 'any', securityContext: { privileged: true } };
    await assert.rejects(
      change('apply', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'privileged', namespace: target.environment.namespace },
        spec: { containers: [privileged] },
      }),
      /violates PodSecurity "restricted/,
    );
  });

  it('are what the cluster has: a diff is empty', async () => {
    assert.equal(await kubectl('diff', ...APPLY, await writeDeployed()), '');
    // kubectl ends with 1 where there is a difference; here it is the image, so that the diff above has looked.
    await assert.rejects(kubectl('diff', ...APPLY, `dist/${target.key}.yaml`));
  });

  it('change nothing when they are applied again', async () => {
    const file = await writeDeployed();
    // What an apply writes, it writes each time; the cluster itself writes the autoscaler's status now and then.
    let changed: string[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = await readVersions();
      await kubectl('apply', ...APPLY, file);
      const after = await readVersions();
      changed = [...after].filter((line) => !before.has(line));
      if (changed.length === 0) break;
    }
    assert.deepEqual(changed, []);
  });
});

/** Writes the manifests with the image that is deployed, as `make deploy` applied them. */
async function writeDeployed(): Promise<string> {
  const deployment = await target.get<V1Deployment>('deployment', NAME);
  const image = deployment.spec!.template.spec!.containers[0]!.image!;
  const manifests = readFileSync(join('dist', `${target.key}.yaml`), 'utf8');
  const released = `image: ${releasedImage(target.environment)}`;
  assert.ok(manifests.includes(released));
  const file = join(WORK_FOLDER, 'deployed.yaml');
  writeFileSync(file, manifests.replace(released, `image: ${image}`));
  return file;
}

async function readVersions(): Promise<Set<string>> {
  const objects = await target.list<KubernetesObject>(
    KINDS,
    '--selector',
    selectorText(ownerLabels(target.environment)),
  );
  assert.ok(objects.length >= KINDS.split(',').length);
  return new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata!.name} ${metadata!.resourceVersion}`));
}
