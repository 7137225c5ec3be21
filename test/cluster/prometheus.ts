/**
 * A real Prometheus in the cluster. There is no operator to read the ServiceMonitor, so that its scrape is made from it
 * here, as the operator makes it: targets of each Service, kept by its labels and the pod's port. Debian builds Prometheus
 * without its discovery in Kubernetes, so that the targets are written into a file, with the labels that it would give them.
 * https://github.com/prometheus-operator/prometheus-operator/blob/main/pkg/prometheus/promcfg.go
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { V1Service } from '@kubernetes/client-node';

import { nodePodSpec, waitForCallers } from './callers.ts';
import { change, CLUSTER_NAME, CONTROL_PLANE, readPods, runInPod, SELECTOR, target, WORK_FOLDER } from './cluster.ts';
import { capture, show } from '../../infra/cluster/command.ts';
import { buildImage } from '../../infra/cluster/image.ts';
import { ADMIN_ACCESS_LABELS } from '../../infra/labels.ts';
import { ruleGroups } from '../../infra/monitoring.ts';
import { serviceMonitor } from '../../infra/monitoring/scrape.ts';

const IMAGE = 'time-service:prometheus';
const PROGRAM = '/usr/local/bin/prometheus';
const POD = 'prometheus';
const TARGETS = '/data/targets.json';
const API = 'http://127.0.0.1:9090/api/v1';
/** Often, so that a test sees soon what a day would show. */
const INTERVAL = '2s';

const { environment } = target;
const metadata = { name: POD, namespace: environment.namespace };

function scrapeConfig() {
  const { selector, endpoints } = serviceMonitor(environment).spec;
  const [{ targetPort, path, relabelings }] = endpoints as [(typeof endpoints)[number]];
  const label = (from: string, to: string) => ({ source_labels: [`__meta_kubernetes_${from}`], target_label: to });
  const keep = (from: string, regex: string) => ({
    source_labels: [`__meta_kubernetes_${from}`],
    regex,
    action: 'keep',
  });
  return {
    job_name: 'service-monitor',
    metrics_path: path,
    file_sd_configs: [{ files: [TARGETS], refresh_interval: '5s' }],
    relabel_configs: [
      ...Object.entries(selector.matchLabels).map(([name, value]) =>
        keep(`service_label_${name.replaceAll(/\W/g, '_')}`, value),
      ),
      keep('pod_container_port_name', targetPort),
      label('namespace', 'namespace'),
      label('service_name', 'job'),
      label('pod_name', 'pod'),
      ...relabelings.map(({ action, sourceLabels, ...rest }) => ({
        action,
        source_labels: sourceLabels,
        ...('regex' in rest && { regex: rest.regex }),
        ...('targetLabel' in rest && { target_label: rest.targetLabel }),
      })),
    ],
  };
}

function objects() {
  const pod = nodePodSpec(['--config.file=/config/prometheus.json', '--storage.tsdb.path=/data'], {
    name: POD,
    image: IMAGE,
    command: [PROGRAM],
    volumeMounts: [
      { name: 'config', mountPath: '/config' },
      { name: 'data', mountPath: '/data' },
    ],
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata,
      data: {
        'prometheus.json': JSON.stringify({
          global: { scrape_interval: INTERVAL, evaluation_interval: INTERVAL },
          scrape_configs: [scrapeConfig()],
          rule_files: ['/config/rules.json'],
        }),
        'rules.json': JSON.stringify({ groups: ruleGroups(environment) }),
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { ...ADMIN_ACCESS_LABELS } },
      spec: {
        ...pod,
        nodeName: CONTROL_PLANE,
        volumes: [
          { name: 'config', configMap: { name: POD } },
          { name: 'data', emptyDir: {} },
        ],
      },
    },
  ] as const;
}

/** The targets as Kubernetes has them now: each port of each pod, once for each Service over it. */
export async function writeTargets(): Promise<void> {
  const [pods, services] = await Promise.all([readPods(), target.list<V1Service>('services', '--selector', SELECTOR)]);
  const targets = services.flatMap(({ metadata: service }) =>
    pods.flatMap(({ metadata: pod, spec, status }) =>
      spec!.containers[0]!.ports!.map(({ name = '', containerPort }) => {
        const meta = {
          ...Object.fromEntries(
            Object.entries(service!.labels!).map(([key, value]) => [
              `service_label_${key.replaceAll(/\W/g, '_')}`,
              value,
            ]),
          ),
          namespace: pod!.namespace!,
          service_name: service!.name!,
          pod_name: pod!.name!,
          pod_node_name: spec!.nodeName!,
          pod_container_port_name: name,
        };
        const labels = Object.entries(meta).map(([key, value]) => [`__meta_kubernetes_${key}`, value]);
        return { targets: [`${status!.podIP}:${containerPort}`], labels: Object.fromEntries(labels) as object };
      }),
    ),
  );
  const text = JSON.stringify(targets.filter(({ targets: [address] }) => !address!.startsWith('undefined')));
  await runInPod(POD, `fs.writeFileSync('${TARGETS}', ${JSON.stringify(text)})`);
}

export async function startPrometheus(): Promise<void> {
  const folder = join(WORK_FOLDER, 'prometheus');
  mkdirSync(folder, { recursive: true });
  copyFileSync((await capture('which', ['prometheus'])).trim(), join(folder, 'prometheus'));
  const dockerfile = `FROM ${await buildImage()}\nCOPY --chmod=755 prometheus ${PROGRAM}\n`;
  await capture('docker', ['build', '--quiet', '--tag', IMAGE, '--file', '-', folder], dockerfile);
  await show('kind', ['load', 'docker-image', IMAGE, '--name', CLUSTER_NAME, '--nodes', CONTROL_PLANE]);
  const made = objects();
  await change('apply', ...made);
  await waitForCallers(made[1]);
}

export async function stopPrometheus(): Promise<void> {
  await change('delete', ...objects());
}

export interface Alerting {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
}

interface RangeResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly [number, string][];
}

/** The alerts that have begun to be so, whether or not for long enough. */
export async function readAlerts(): Promise<readonly Alerting[]> {
  const [found] = await ask<{ alerts: Alerting[] }>(['/alerts']);
  return found!.alerts;
}

/** The rules that could not be evaluated. */
export async function readBrokenRules(): Promise<readonly unknown[]> {
  const [found] = await ask<{ groups: { rules: { health: string }[] }[] }>(['/rules']);
  return found!.groups.flatMap(({ rules }) => rules.filter(({ health }) => health !== 'ok'));
}

/** What queries give at present. */
export async function query(...expressions: string[]): Promise<number[][]> {
  const paths = expressions.map((one) => pathOf('query', { query: one }));
  const found = await ask<{ result: { value: [number, string] }[] }>(paths);
  return found.map(({ result }) => result.map(({ value: [, text] }) => Number(text)));
}

/** What queries gave from a time on, by series. */
export async function queryRange(startS: number, expressions: readonly string[]): Promise<RangeResult[][]> {
  const range = { start: String(startS), end: String(Date.now() / 1000), step: INTERVAL };
  const paths = expressions.map((one) => pathOf('query_range', { query: one, ...range }));
  const found = await ask<{ result: RangeResult[] }>(paths);
  return found.map(({ result }) => result);
}

function pathOf(call: string, parameters: Readonly<Record<string, string>>): string {
  return `/${call}?${new URLSearchParams(parameters).toString()}`;
}

/** Asks in one go: each call into a pod takes a good part of a second. */
async function ask<Data>(paths: readonly string[]): Promise<Data[]> {
  const urls = JSON.stringify(paths.map((path) => API + path));
  const code = `Promise.all(${urls}.map((url) => fetch(url).then((answer) => answer.json())))
    .then((answers) => console.log(JSON.stringify(answers)))`;
  const answers = JSON.parse(await runInPod(POD, code)) as { status: string; error?: string; data: Data }[];
  return answers.map(({ status, error, data }, index) => {
    if (status !== 'success') throw new Error(`${paths[index]}: ${error}`);
    return data;
  });
}
