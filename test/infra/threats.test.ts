/** What docs/threats.md says can be reached and asked is what the manifests of production open, no more and no less. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import type { V1NetworkPolicy, V1NetworkPolicyPeer, V1Role } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';

import { ENVIRONMENTS } from '../../infra/environments.ts';

const THREATS = readFileSync('docs/threats.md', 'utf8');
const OBJECTS = parseAllDocuments(readFileSync('dist/production.yaml', 'utf8')).map(
  (document) => document.toJS() as { kind: string },
);
const API_SERVERS = ENVIRONMENTS['production']!.apiServer.cidrs;

/** The first two cells of each row of the table under a heading. */
function rowsUnder(heading: string): string[] {
  const section = THREATS.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const [, ...rows] = Array.from(
    section.matchAll(/^\| ([^|]+) \| ([^|]+) \|/gm),
    ([, first, second]) => `${first}: ${second}`,
  );
  return rows;
}

function find(kind: string): object {
  return OBJECTS.find((object) => object.kind === kind)!;
}

function describePeer({ ipBlock, namespaceSelector, podSelector }: V1NetworkPolicyPeer): string {
  if (ipBlock) return API_SERVERS.includes(ipBlock.cidr) ? 'the API server' : ipBlock.cidr;
  const pods = Object.entries(podSelector!.matchLabels!).map(([name, value]) => `${name}: ${value}`);
  const namespace = namespaceSelector?.matchLabels?.['kubernetes.io/metadata.name'];
  return namespace === undefined ? pods.join() : `${pods.join()} in ${namespace}`;
}

describe('the threat model', () => {
  const { spec } = find('NetworkPolicy') as V1NetworkPolicy;

  it('names every port that can be reached, and by whom', () => {
    // The client's type calls `from` by another name.
    const ingress = spec!.ingress as { from?: V1NetworkPolicyPeer[]; ports: { port: number }[] }[];
    const opened = ingress.flatMap(({ from, ports }) => {
      const who = from?.map(describePeer).join() ?? 'everyone';
      return ports.map(({ port }) => `${port}: ${who}`);
    });
    assert.deepEqual(rowsUnder('Who reaches which port'), opened);
  });

  it('names everything that the pods reach', () => {
    const opened = spec!.egress!.flatMap(({ to, ports }) =>
      ports!.map(({ port, protocol }) => `${port as number}/${protocol}: ${to!.map(describePeer).join()}`),
    );
    assert.deepEqual(rowsUnder('Whom the pods reach'), opened);
  });

  it('names everything that the pods may ask the API server', () => {
    const allowed = (find('Role') as V1Role).rules!.flatMap(({ apiGroups, resources, verbs }) =>
      resources!.map((resource) => `${apiGroups!.join()}/${resource}: ${verbs.join(' ')}`),
    );
    assert.deepEqual(rowsUnder('What the pods may ask the API server'), allowed);
    const grants = OBJECTS.filter(({ kind }) => /Role/.test(kind)).map(({ kind }) => kind);
    assert.deepEqual(grants, ['Role', 'RoleBinding']);
  });
});
