/**
 * The pods. Configuration is `env`, so that it rolls out and rolls back with the image. The order of an end without loss:
 * preStop holds the pod up while endpoint lists everywhere forget it; then comes SIGTERM, and the service drains
 * (app/drain.ts); the kubelet kills only after both have had their time.
 */
import type { V1Container, V1Deployment, V1PodSpec, V1Toleration } from '@kubernetes/client-node';
import { Duration, Size, type Chart } from 'cdk8s';
import {
  ConfigMap,
  Cpu,
  Deployment,
  DeploymentStrategy,
  EnvValue,
  ImagePullPolicy,
  LabelSelector,
  PercentOrAbsolute,
  Pods,
  Probe,
  Topology,
  Volume,
  type IServiceAccount,
  type VolumeMount,
} from 'cdk8s-plus-27';

import { PROBE_PATHS } from '../app/admin/paths.ts';
import { DEFAULT_PORTS, parseConfig, type VariableName } from '../app/config.ts';
import { ACCEPT_MARGIN_MS } from '../app/drain.ts';
import { REQUEST_TIMEOUT_MS } from '../app/http/server.ts';
import { RELEASED_IMAGE, type Environment } from './environments.ts';
import { selectorLabels, VERSION_LABELS } from './labels.ts';
import { completeManifest } from './manifest.ts';
import { headlessName } from './service.ts';

export const CONTAINER_NAME = 'time-service';

/** How long endpoint lists may take to forget a pod that ends. */
const PRE_STOP_SECONDS = 5;
/** What is left after the drain: telemetry is flushed, the process ends. */
const FLUSH_SECONDS = 5;
/** How long a pod waits for its lost node to come back; it has nothing there to come back to. Kubernetes waits 300 s. */
const LOST_NODE_SECONDS = 30;
const LOST_NODE_TOLERATIONS: readonly V1Toleration[] = ['not-ready', 'unreachable'].map((state) => ({
  key: `node.kubernetes.io/${state}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: LOST_NODE_SECONDS,
}));
/** The image's own user. */
const USER_ID = 65_532;

const TZDATA_PATH = '/tzdata';

/** What the drain time is taken for until it is worked out. */
const LONGEST_DRAIN_MS = '600000';

/** What kube-score is told to leave out, and why. */
const SCORE_EXCEPTION = {
  'kube-score/ignore': 'container-image-pull-policy',
  'kube-score/ignore-reason': 'A tag is pushed once, so a node that has the image can start it without the registry.',
};

export function addDeployment(chart: Chart, environment: Environment, serviceAccount: IServiceAccount): Deployment {
  const { capacity } = environment;
  const variables = podVariables(environment);
  const drainSeconds = Math.ceil(parseConfig(variables).drainTimeoutMs / 1000);
  const selector = selectorLabels(environment);

  const deployment = new Deployment(chart, 'deployment', {
    metadata: { name: environment.name, labels: VERSION_LABELS, annotations: SCORE_EXCEPTION },
    podMetadata: {
      labels: { ...environment.labels, ...selector, ...VERSION_LABELS },
      ...(environment.annotations && { annotations: environment.annotations }),
    },
    select: false,
    strategy: DeploymentStrategy.rollingUpdate({
      maxUnavailable: PercentOrAbsolute.absolute(0),
      maxSurge: PercentOrAbsolute.percent(capacity.maxSurgePercent),
    }),
    minReady: Duration.seconds(3),
    progressDeadline: Duration.seconds(120),
    terminationGracePeriod: Duration.seconds(PRE_STOP_SECONDS + drainSeconds + FLUSH_SECONDS),
    serviceAccount,
    // Its peers are found by asking the API server.
    automountServiceAccountToken: true,
    securityContext: { ensureNonRoot: true, user: USER_ID, group: USER_ID },
    // A name with two dots is asked for as it is, not first in each of the cluster's search domains.
    dns: { options: [{ name: 'ndots', value: '2' }] },
    containers: [
      {
        name: CONTAINER_NAME,
        image: releasedImage(environment),
        imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
        envVariables: Object.fromEntries(
          Object.entries(variables).map(([name, value]) => [name, EnvValue.fromValue(value)]),
        ),
        ports: Object.entries(DEFAULT_PORTS).map(([name, number]) => ({ name, number })),
        volumeMounts: tzdataMounts(chart, environment),
        // Started is asked often, so that a pod serves as soon as it can; ready is asked often and believed at once, so
        // that a pod in trouble gets no more requests; live is asked rarely, because its answer ends the pod.
        startup: probe(PROBE_PATHS.started, { periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 30 }),
        readiness: probe(PROBE_PATHS.ready, { periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 1 }),
        liveness: probe(PROBE_PATHS.live, { periodSeconds: 10, timeoutSeconds: 2, failureThreshold: 3 }),
        resources: {
          // One thread serves; the second core is for the garbage collector, whose throttling is latency.
          cpu: { request: Cpu.millis(capacity.cpuRequestMillis), limit: Cpu.units(2) },
          // The image gives 60 % of the limit to the heap; the rest holds Node itself and buffers.
          memory: {
            request: Size.mebibytes(capacity.memoryMebibytes),
            limit: Size.mebibytes(capacity.memoryMebibytes),
          },
        },
        securityContext: { ensureNonRoot: true, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      },
    ],
  });
  deployment.select(LabelSelector.of({ labels: selector }));
  deployment.scheduling.separate(Pods.select(deployment, 'pods', { labels: selector }), {
    topology: Topology.HOSTNAME,
    weight: 100,
  });

  completeManifest(deployment, ({ spec }: V1Deployment) => {
    spec!.revisionHistoryLimit = 5;
    delete spec!.template.metadata!.labels!['cdk8s.io/metadata.addr'];
    completePod(spec!.template.spec!, environment);
    completeContainer(spec!.template.spec!.containers[0]!);
  });
  return deployment;
}

function tzdataMounts(chart: Chart, { tzdataConfigMap }: Environment): VolumeMount[] {
  if (tzdataConfigMap === undefined) return [];
  const configMap = ConfigMap.fromConfigMapName(chart, 'tzdata', tzdataConfigMap);
  return [{ path: TZDATA_PATH, readOnly: true, volume: Volume.fromConfigMap(chart, 'tzdata-volume', configMap) }];
}

/** While pods start beside it, a pod can wait a second for a processor that it shares; that is no reason to refuse requests. */
const LONGEST_WAIT_MS = '2000';

/** The variables that the pods of an environment are given. */
function podVariables(environment: Environment): Partial<Record<VariableName, string>> {
  const { variables, telemetry, tzdataConfigMap } = environment;
  const ports = {
    PORT: String(DEFAULT_PORTS.http),
    GRPC_PORT: String(DEFAULT_PORTS.grpc),
    ADMIN_PORT: String(DEFAULT_PORTS.admin),
  };
  const peers = { PEERS: `kubernetes:${headlessName(environment)}` };
  const traces = telemetry === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: telemetry.endpoint };
  const tzdata = tzdataConfigMap === undefined ? {} : { TZDATA_DIRECTORY: TZDATA_PATH };
  const given = { ...peers, ...traces, ...tzdata, ...variables, ...ports };
  const { keepAliveTimeoutMs } = parseConfig({ DRAIN_TIMEOUT_MS: LONGEST_DRAIN_MS, ...given });
  // A connection that idles now may carry one last request just before it ends, and that may take its full time.
  const drainMs = keepAliveTimeoutMs + ACCEPT_MARGIN_MS + REQUEST_TIMEOUT_MS;
  return {
    KEEP_ALIVE_TIMEOUT_MS: String(keepAliveTimeoutMs),
    DRAIN_TIMEOUT_MS: String(drainMs),
    MAX_EVENT_LOOP_DELAY_MS: LONGEST_WAIT_MS,
    ...given,
  };
}

/** The released image, from where this environment pulls it. */
export function releasedImage({ imageRegistry }: Environment): string {
  return imageRegistry === undefined ? RELEASED_IMAGE : `${imageRegistry}/${RELEASED_IMAGE.split('/').at(-1)}`;
}

interface ProbeTimes {
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

function probe(path: string, { periodSeconds, timeoutSeconds, failureThreshold }: ProbeTimes): Probe {
  return Probe.fromHttpGet(path, {
    port: DEFAULT_PORTS.admin,
    periodSeconds: Duration.seconds(periodSeconds),
    timeoutSeconds: Duration.seconds(timeoutSeconds),
    failureThreshold,
  });
}

function completePod(pod: V1PodSpec, environment: Environment): void {
  const { imagePullSecrets, nodeSelector, tolerations, priorityClassName } = environment;
  // The name of a Service never becomes a variable that the configuration could be mistaken for.
  pod.enableServiceLinks = false;
  pod.securityContext!.seccompProfile = { type: 'RuntimeDefault' };
  delete pod.securityContext!.fsGroupChangePolicy;
  // A rollout spreads the new pods among themselves, not among the old ones that are about to end.
  const matchLabelKeys = ['pod-template-hash'];
  const [preferred] = pod.affinity!.podAntiAffinity!.preferredDuringSchedulingIgnoredDuringExecution!;
  preferred!.podAffinityTerm.matchLabelKeys = matchLabelKeys;
  pod.topologySpreadConstraints = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorLabels(environment) },
    matchLabelKeys,
  }));
  if (imagePullSecrets) pod.imagePullSecrets = imagePullSecrets.map((name) => ({ name }));
  if (nodeSelector) pod.nodeSelector = { ...nodeSelector };
  const isOurs = ({ key }: V1Toleration) => !tolerations?.some((toleration) => toleration.key === key);
  pod.tolerations = [...LOST_NODE_TOLERATIONS.filter(isOurs), ...(tolerations ?? [])];
  if (priorityClassName !== undefined) pod.priorityClassName = priorityClassName;
}

function completeContainer(container: V1Container): void {
  container.lifecycle = { preStop: { sleep: { seconds: PRE_STOP_SECONDS } } };
  container.securityContext!.capabilities = { drop: ['ALL'] };
  // Nothing is written but what the runtime logs.
  container.resources!.requests!['ephemeral-storage'] = '16Mi';
  container.resources!.limits!['ephemeral-storage'] = '64Mi';
  for (const one of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    one!.httpGet!.port = 'admin';
  }
}
