/**
 * The cluster of `make up`, as the README says to make it, look at it and remove it: one day of a user, in order. Only the
 * kubeconfig is another, so that the user's own stays as it is.
 */
import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';

import { capture } from '../../infra/cluster/command.ts';
import { contentImage } from '../../infra/cluster/image.ts';
import { KIND_CLUSTER, KIND_CONTEXT, Target } from '../../infra/cluster/target.ts';
import { ENVIRONMENTS } from '../../infra/environments.ts';
import { needTool } from '../outside-tool.ts';
import { startCommand, typeCommand } from '../readme.ts';

const FOLDER = join(import.meta.dirname, '../../build/up');
const TIME = /^Current time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

const target = new Target('kind', ENVIRONMENTS['kind']!, KIND_CONTEXT);
const { namespace, capacity } = target.environment;

async function podNames(): Promise<string[]> {
  const pods = await target.list<V1Pod>('pods');
  return pods.map(({ metadata }) => metadata!.name!).toSorted();
}

async function kindClusters(): Promise<string[]> {
  return (await capture('kind', ['get', 'clusters'])).split('\n');
}

describe('the cluster of make up', () => {
  let isOurs = false;
  let url: string;
  let pods: string[];

  before(async function () {
    needTool(this, 'docker', 'install Docker');
    needTool(this, 'kind', 'install kind');
    needTool(this, 'kubectl', 'install kubectl');
    needTool(this, 'grpcurl', 'go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3');
    const clusters = await kindClusters();
    assert.ok(!clusters.includes(KIND_CLUSTER), 'a cluster of make up is there, and is not for a test: make down');
    isOurs = true;
    mkdirSync(FOLDER, { recursive: true });
    process.env['KUBECONFIG'] = join(FOLDER, 'kubeconfig');
  });
  after(async () => {
    if (isOurs) await capture('kind', ['delete', 'cluster', '--name', KIND_CLUSTER]);
    rmSync(FOLDER, { recursive: true, force: true });
  });

  it('serves where make up says', async () => {
    const printed = await typeCommand('make up');
    url = /^(http:\S+) answers: Current time: /m.exec(printed)?.[1] ?? '';
    assert.match(await capture('curl', ['--silent', '--show-error', url]), TIME);
    pods = await podNames();
    assert.equal(pods.length, capacity.replicas.min);
  });

  it('goes on with the same pods when make up is run again', async () => {
    await typeCommand('make up');
    assert.deepEqual(await podNames(), pods);
  });

  it('is what make status shows, each pod ready', async () => {
    const lines = (await typeCommand('make status')).split('\n');
    const ready = lines.filter((line) => line.includes(` ${contentImage()} `) && / yes /.test(line));
    assert.deepEqual(ready.map((line) => line.split(' ')[0]!).toSorted(), pods, lines.join('\n'));
  });

  it('is heard with make logs, each pod by its name, until Ctrl-C', async () => {
    const logs = startCommand('make logs');
    for (const pod of pods) await logs.printed(new RegExp(`^\\[pod/${pod}/.*"serving"`));
    await logs.interrupt();
  });

  it('is reached through make port-forward as a service of this machine is, until Ctrl-C', async () => {
    const forward = startCommand('make port-forward');
    await forward.printed(/^Forwarding from 127\.0\.0\.1:50051 /);
    assert.match(await typeCommand('curl localhost:8080/time'), TIME);
    assert.match(await typeCommand('grpcurl -plaintext localhost:50051 list'), /^time\.v1\.TimeService$/m);
    await forward.interrupt();
    await assert.rejects(typeCommand('curl localhost:8080/time'), /Failed to connect|Couldn't connect/);
  });

  it('is by make diff-live what a deploy would make it', async () => {
    const printed = await typeCommand('make diff-live ENV= CONTEXT=', { ENV: 'kind', CONTEXT: KIND_CONTEXT });
    assert.match(printed, /^Nothing changes/);
  });

  it('is left by make undeploy with nothing but the namespace', async () => {
    await typeCommand('make undeploy');
    assert.deepEqual(await target.list<KubernetesObject>('services,deployments,hpa,pdb,networkpolicies'), []);
    assert.equal((await target.get<KubernetesObject>('namespace', namespace)).metadata!.name, namespace);
  });

  it('is gone after make down, with the images that were built for it', async () => {
    await typeCommand('make down');
    assert.ok(!(await kindClusters()).includes(KIND_CLUSTER));
    assert.equal(await capture('docker', ['image', 'ls', '--quiet', contentImage()]), '');
    await assert.rejects(fetch(url));
  });
});
