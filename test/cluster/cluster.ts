/**
 * The suite's own cluster: like that of `make up`, but under a name, at ports and with a kubeconfig of its own, so that
 * neither disturbs the other. What a user would type is run as a user would type it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Node, V1Pod } from '@kubernetes/client-node';

import { capture } from '../../infra/cluster/command.ts';
import { containersOf, isReady } from '../../infra/cluster/install.ts';
import { Target } from '../../infra/cluster/target.ts';
import { ENVIRONMENTS } from '../../infra/environments.ts';
import { selectorLabels, selectorText } from '../../infra/labels.ts';

export const CLUSTER_NAME = 'time-service-e2e';
export const HOST_PORTS = { http: 31_080, grpc: 31_051 };
export const SERVICE_URL = `http://127.0.0.1:${HOST_PORTS.http}`;
export const CONTROL_PLANE = `${CLUSTER_NAME}-control-plane`;

export const target = new Target('kind', ENVIRONMENTS['kind']!, `kind-${CLUSTER_NAME}`);
export const {
  name: NAME,
  capacity: { replicas: REPLICAS },
} = target.environment;
export const SELECTOR_LABELS = selectorLabels(target.environment);
export const SELECTOR = selectorText(SELECTOR_LABELS);

/** What the suite writes, and git ignores. */
export const WORK_FOLDER = join('build', 'e2e');
process.env['KUBECONFIG'] = join(import.meta.dirname, '../..', WORK_FOLDER, 'kubeconfig');

/** A line of progress. */
export function say(text: string): void {
  console.log(`      [${Math.round(performance.now() / 1000)} s] ${text}`);
}

/** What kubectl prints, in the service's namespace unless another is named. */
export function kubectl(...args: string[]): Promise<string> {
  return capture('kubectl', target.kubectl(...args));
}

/** Applies objects, or removes those of the same names that are there. */
export async function change(verb: 'apply' | 'delete', ...objects: object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  const flags = verb === 'delete' ? ['--ignore-not-found'] : ['--server-side', '--force-conflicts'];
  await capture('kubectl', ['--context', target.context, verb, ...flags, '--filename', '-'], list);
}

/** Runs a target of the Makefile against the cluster, from any checkout. */
export async function make(
  goal: string,
  { folder = '.', image }: { folder?: string; image?: string } = {},
): Promise<{ code: number; output: string }> {
  const args = ['--no-print-directory', '--directory', folder, goal, `CONTEXT=${target.context}`];
  const startMs = performance.now();
  const result = await new Promise<{ code: number; output: string }>((resolve) => {
    execFile('make', image === undefined ? args : [...args, `IMAGE=${image}`], (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
  say(`make ${goal} ended with ${result.code} after ${Math.round((performance.now() - startMs) / 1000)} s`);
  return result;
}

/** @throws Error with its output when the target fails */
export async function makeOrThrow(...args: Parameters<typeof make>): Promise<string> {
  const { code, output } = await make(...args);
  if (code !== 0) throw new Error(`make ${args[0]} failed:\n${output}`);
  return output;
}

/** Runs a program text with Node in a container of a pod. */
export function runInPod(pod: string, code: string, namespace = target.environment.namespace): Promise<string> {
  return kubectl('exec', '--namespace', namespace, pod, '--', '/nodejs/bin/node', '--eval', code);
}

/** Runs a program text in the service's own process, through its debugger. */
export async function evaluateInService(pod: string, expression: string): Promise<void> {
  const request = { id: 1, method: 'Runtime.evaluate', params: { expression } };
  await runInPod(
    pod,
    `process.kill(1, 'SIGUSR1');
    setTimeout(async () => {
      const [{ webSocketDebuggerUrl }] = await (await fetch('http://127.0.0.1:9229/json')).json();
      const socket = new WebSocket(webSocketDebuggerUrl);
      socket.onopen = () => socket.send(${JSON.stringify(JSON.stringify(request))});
      socket.onmessage = ({ data }) => { console.log(data); process.exit(); };
    }, 1000);`,
  );
}

/** Every pod of the service, those that end among them. */
export function readPods(): Promise<V1Pod[]> {
  return target.list<V1Pod>('pods', '--selector', SELECTOR);
}

/** The pods that serve and are to go on serving. */
export async function readServingPods(): Promise<V1Pod[]> {
  return (await readPods()).filter((pod) => isReady(pod) && pod.metadata!.deletionTimestamp === undefined);
}

/** How often the containers of a pod were started again; never for one that is not there. */
export function restartsOf(pod: V1Pod | undefined): number {
  return pod ? containersOf(pod).reduce((sum, { restartCount }) => sum + restartCount, 0) : 0;
}

/** Resolves once enough pods serve, and no others are left. */
export async function waitForPods(): Promise<V1Pod[]> {
  let serving: V1Pod[] = [];
  await waitFor(`at least ${REPLICAS.min} serving pods and no other`, 120, async () => {
    serving = await readServingPods();
    return serving.length >= REPLICAS.min && (await readPods()).length === serving.length;
  });
  return serving;
}

/** Resolves once the autoscaler has left as few pods as there may be: none is then taken away in the midst of a test. */
export async function waitForFewestPods(): Promise<V1Pod[]> {
  let pods: V1Pod[] = [];
  await waitFor(`no more than ${REPLICAS.min} pods`, 300, async () => {
    pods = await waitForPods();
    return pods.length === REPLICAS.min;
  });
  return pods;
}

/** How many pods serve for as long as something goes on: the fewest and the most at any look. */
export async function watchServing(work: Promise<unknown>): Promise<{ least: number; most: number }> {
  const counts: number[] = [];
  while (await Promise.race([work.then(() => false), delay(250, true)])) {
    counts.push((await readServingPods()).length);
  }
  return { least: Math.min(...counts), most: Math.max(...counts) };
}

/** The nodes that pods of the service may be on. */
export async function readWorkers(): Promise<string[]> {
  const nodes = await target.list<V1Node>('nodes');
  return nodes.map(({ metadata }) => metadata!.name!).filter((node) => node !== CONTROL_PLANE);
}

/** A node with one of the three pods: what is reckoned of a node that is lost is true of such a one. */
export async function findNodeOfOnePod(): Promise<string> {
  const nodes = (await waitForFewestPods()).map(({ spec }) => spec!.nodeName!);
  const node = nodes.find((one) => nodes.indexOf(one) === nodes.lastIndexOf(one));
  assert.ok(node, `no node has just one of the pods: ${nodes.join(', ')}`);
  return node;
}

/** Takes every pod from a node, as an operator does before maintenance. */
export async function drainNode(node: string): Promise<void> {
  const everything = ['--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout', '120s'];
  await kubectl('drain', node, ...everything);
}

/** Undoes what was patched: it belongs to kubectl then, and would be refused to `make deploy`. */
export async function redeploy(): Promise<void> {
  await kubectl('delete', 'deployment,hpa', NAME);
  await makeOrThrow('deploy');
  await waitForPods();
}

/** Asks again until the answer is yes. */
export async function waitFor(what: string, seconds: number, isSo: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`Expected ${what} within ${seconds} s`);
    await delay(500);
  }
}

/** Whether something ends well. */
export function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

const LINES = 30;

/** What the pods and the cluster have to say about a failure. */
export async function explain(): Promise<string> {
  const ask = (...args: string[]) => kubectl(...args).catch((error: Error) => error.message);
  return [
    await ask('get', 'pods', '--output', 'wide'),
    lastLines(await ask('get', 'events', '--sort-by', '.lastTimestamp')),
    await ask('logs', '--selector', SELECTOR, '--prefix', '--tail', '10'),
  ].join('\n');
}

function lastLines(output: string): string {
  return output.split('\n').slice(-LINES).join('\n');
}
