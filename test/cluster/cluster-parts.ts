/** The parts of the cluster that the service lives by, taken away and given back. */
import { CONTROL_PLANE, kubectl, readWorkers, succeeds, waitFor } from './cluster.ts';
import { capture } from '../../infra/cluster/command.ts';

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const PUT_ASIDE = '/etc/kubernetes/kube-apiserver.yaml';
const LEADERS = ['kube-controller-manager', 'kube-scheduler'];
/** Leases are renewed each 2 s, and nodes' each 10 s. */
const RENEWED_WITHIN_MS = 15_000;

export function onNode(node: string, ...command: string[]): Promise<string> {
  return capture('docker', ['exec', node, ...command]);
}

/** Stops the API server as one whose machine is gone: its address refuses. */
export async function stopApiServer(): Promise<void> {
  await onNode(CONTROL_PLANE, 'mv', MANIFEST, PUT_ASIDE);
  await waitFor('the API server to be gone', 60, async () => !(await answers()));
}

/** Resolves once the API server answers, its controllers lead again, and every node is heard from. */
export async function startApiServer(): Promise<void> {
  await onNode(CONTROL_PLANE, 'mv', PUT_ASIDE, MANIFEST);
  await waitFor('the API server to answer', 240, answers);
  const leases = LEADERS.map((name) => ['kube-system', name] as const);
  await waitFor('the controllers to lead', 240, () => areRenewed(leases));
  await waitForNodes();
}

/** Resolves once every worker is heard from. */
export async function waitForNodes(): Promise<void> {
  const nodes = (await readWorkers()).map((name) => ['kube-node-lease', name] as const);
  await waitFor('every node to be heard from', 120, () => areRenewed(nodes));
}

/** Kills the kubelet of a node, where it is started again. */
export async function restartKubelet(node: string): Promise<void> {
  const find = () => onNode(node, 'pgrep', '--full', '^kubelet ').catch(() => '');
  const old = await find();
  await onNode(node, 'pkill', '--full', '^kubelet ');
  await waitFor('another kubelet', 30, async () => ![old, ''].includes(await find()));
}

const RULES = [
  ['PREROUTING', '--in-interface'],
  ['POSTROUTING', '--out-interface'],
] as const;

/** Cuts a node and its pods off, or ends that: every packet is dropped that comes from elsewhere or goes there. */
export async function cutOff(verb: '--insert' | '--delete', node: string): Promise<void> {
  for (const [chain, side] of RULES) {
    await onNode(node, 'iptables', '--wait', '--table', 'mangle', verb, chain, side, 'eth0', '--jump', 'DROP');
  }
}

/** Scales a Deployment of the cluster's own, and waits until it has come to that. */
export async function scaleSystem(deployment: string, replicas: number): Promise<void> {
  await kubectl('scale', '--namespace', 'kube-system', `deployment/${deployment}`, `--replicas=${replicas}`);
  const selector = ['--namespace', 'kube-system', '--selector', SELECTORS[deployment]!];
  const ready = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status} {end}';
  await waitFor(`${replicas} pods of ${deployment}`, 120, async () => {
    const states = (await kubectl('get', 'pods', ...selector, '--output', `jsonpath=${ready}`)).split(' ');
    return states.filter(Boolean).join() === Array.from({ length: replicas }, () => 'True').join();
  });
}

const SELECTORS: Readonly<Record<string, string>> = {
  coredns: 'k8s-app=kube-dns',
  'metrics-server': 'k8s-app=metrics-server',
};

function answers(): Promise<boolean> {
  return succeeds(kubectl('get', '--raw', '/readyz'));
}

/** Whether each of these Leases, by namespace and name, has been renewed of late. */
async function areRenewed(leases: readonly (readonly [namespace: string, name: string])[]): Promise<boolean> {
  const times = await Promise.all(
    leases.map(([namespace, name]) =>
      kubectl('get', 'lease', '--namespace', namespace, name, '--output', 'jsonpath={.spec.renewTime}'),
    ),
  );
  return times.every((time) => Date.now() - Date.parse(time) < RENEWED_WITHIN_MS);
}
