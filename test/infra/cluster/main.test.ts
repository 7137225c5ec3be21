import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { needTool } from '../../outside-tool.ts';

const MAIN = join(import.meta.dirname, '../../../infra/cluster/main.ts');
const KUBECTL = 'install kubectl (https://kubernetes.io/docs/tasks/tools/)';

function run(args: readonly string[], environment: Readonly<Record<string, string | undefined>>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    env: environment,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('a command that cannot be done', () => {
  const nothing = { PATH: '/nowhere' };

  for (const [args, program] of [
    [['up'], 'docker'],
    [['down'], 'docker'],
    [['push', '--registry', 'images.example.org'], 'docker'],
    [['status'], 'kubectl'],
    [['deploy', '--env', 'production', '--context', 'prod'], 'kubectl'],
  ] as const) {
    it(`says in one sentence that ${program} is missing: ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = run(args, nothing);
      assert.match(stderr, new RegExp(`^${program} was not found: install .*, and run this again\\.\\n$`));
      assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    });
  }

  it('lists the environments where it does not know the one that was named', () => {
    const { stderr } = run(['deploy', '--env', 'staging'], nothing);
    assert.equal(stderr, 'Expected ENV to be one of kind, production, got "staging".\n');
  });

  it('asks for a registry to push to', () => {
    assert.equal(run(['push'], nothing).stderr, 'Say where to: make push REGISTRY=images.example.org/team.\n');
  });
});

describe('a cluster to deploy to', () => {
  let folder: string;

  before(function () {
    needTool(this, 'kubectl', KUBECTL);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** What a deploy says where the kubeconfig has contexts of these names, the first one being current. */
  function deploy(contexts: readonly string[], ...args: string[]): string {
    const kubeconfig = join(folder, 'config');
    const entries = contexts.map((name) => ({ name, context: { cluster: name, user: name } }));
    writeFileSync(
      kubeconfig,
      JSON.stringify({ apiVersion: 'v1', kind: 'Config', 'current-context': contexts[0], contexts: entries }),
    );
    const { status, stderr } = run(['deploy', ...args], { PATH: process.env['PATH'], KUBECONFIG: kubeconfig });
    assert.equal(status, 1);
    return stderr;
  }

  it('is never the current context by itself', () => {
    assert.equal(
      deploy(['prod']),
      'There is no cluster of `make up`: run it, or say ENV=name CONTEXT=name; the kubeconfig has prod.\n',
    );
  });

  it('is asked for where only the environment is named', () => {
    assert.equal(
      deploy(['prod', 'staging'], '--env', 'production'),
      'Say which cluster: ENV=production CONTEXT=name; the kubeconfig has prod, staging.\n',
    );
  });

  it('has to be in the kubeconfig', () => {
    assert.equal(
      deploy(['prod'], '--env', 'production', '--context', 'prdo'),
      'Expected CONTEXT to be in the kubeconfig, got "prdo"; the kubeconfig has prod.\n',
    );
  });

  it('needs an image that it can pull', () => {
    assert.match(
      deploy(['prod'], '--env', 'production', '--context', 'prod'),
      /^The nodes of prod cannot have time-service:\S+, which names no registry: `make push REGISTRY=…`, and name what it pushed with IMAGE=….\n$/,
    );
  });
});
