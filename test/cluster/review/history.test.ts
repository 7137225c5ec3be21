/**
 * Every change that dist/ has had in this repository is applied, one commit after the other, and what is said of it held
 * against what the API server and its controllers do.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import type { KubernetesObject } from '@kubernetes/client-node';

import { groupInstalls, type Installs } from '../../../infra/review/installs.ts';
import { nameOf, namespaceOf, ofKind } from '../../../infra/review/manifests.ts';
import { reviewInstalls } from '../../../infra/review/report.ts';
import { readDist } from '../../../infra/review/sources.ts';
import { checkClaims } from './claims.ts';
import { apply, core, createNamespace, deleteNamespace, eventually, kubectl, NODE } from './cluster.ts';

const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();

describe('what is said of every commit of dist/', function () {
  this.timeout(180_000);

  const isWhole = git('rev-parse', '--is-shallow-repository') === 'false';
  const commits = git('log', '--reverse', '--format=%H', '--', ':/dist').split('\n');

  before('the whole history', function () {
    if (isWhole) return;
    if (process.env['CI'] === 'true') throw new Error('The clone is shallow: fetch it whole, `git fetch --unshallow`.');
    this.test!.title += ' (skipped: the clone is shallow, `git fetch --unshallow`)';
    this.skip();
  });

  const taint = (sign: '' | '-') => kubectl('taint', 'node', NODE, `review=quiet:NoSchedule${sign}`);
  before(() => taint(''));
  after(() => taint('-'));

  const states = isWhole ? commits.map((commit) => groupInstalls(readDist(commit), new Map()).before) : [];
  const names = [...new Set(states.flatMap((installs) => [...installs.keys()]))];

  for (const name of names) {
    it(`${name}: ${commits.length} commits`, async () => {
      let applied: readonly KubernetesObject[] = [];
      const namespaces = new Set<string>();
      try {
        for (const installs of states) {
          const objects = (installs.get(name) ?? []).filter(isKnown);
          const namespace = ofKind([...applied, ...objects], 'Namespace').map(nameOf)[0]!;
          if (!namespaces.has(namespace)) await createNamespace(namespace);
          namespaces.add(namespace);
          const users = ofKind(objects, 'ServiceAccount')
            .filter((account) => namespaceOf(account) === namespace)
            .map((account) => `system:serviceaccount:${namespace}:${nameOf(account)}`);
          await checkClaims(namespace, applied, objects, { users });
          applied = objects;
        }
      } finally {
        // Some of them are outside of it, and an API service that does not answer keeps a namespace from ending.
        await apply([], applied);
        await Promise.all([...namespaces].map(remove));
      }
    });
  }

  it('says nothing where nothing was changed, and each commit changes something', () => {
    let before: Installs = new Map();
    for (const [index, installs] of states.entries()) {
      assert.deepEqual(reviewInstalls(installs, installs), [], commits[index]!);
      assert.notDeepEqual(reviewInstalls(before, installs), [], commits[index]!);
      before = installs;
    }
  });
});

/** This cluster has no Prometheus operator, and so none of its kinds. */
function isKnown({ apiVersion }: KubernetesObject): boolean {
  return !apiVersion?.startsWith('monitoring.coreos.com/');
}

async function remove(namespace: string): Promise<void> {
  await deleteNamespace(namespace);
  const isThere = async () => (await core().listNamespace()).items.some((one) => nameOf(one) === namespace);
  await eventually(false, isThere);
}
