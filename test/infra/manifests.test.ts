import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import type {
  KubernetesObject,
  V1Deployment,
  V1HTTPGetAction,
  V1PodDisruptionBudget,
  V1Service,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';

import { METRICS_PATH, PROBE_PATHS } from '../../app/admin/paths.ts';
import { DEFAULT_PORTS, ENVIRONMENT, parseConfig } from '../../app/config.ts';
import { ACCEPT_MARGIN_MS } from '../../app/drain.ts';
import { REQUEST_TIMEOUT_MS } from '../../app/http/server.ts';
import { ENVIRONMENTS, type Environment, type Exposure } from '../../infra/environments.ts';
import { renderYaml } from '../../infra/manifest.ts';
import { monitoringFile, synthesize } from '../../infra/synthesis.ts';

const DIST = join(import.meta.dirname, '../../dist');

/** Another install in another cluster, with everything that is off elsewhere. */
const ELSEWHERE: Environment = {
  name: 'team-clock',
  namespace: 'team-a',
  capacity: {
    replicas: { min: 4, max: 8 },
    cpuRequestMillis: 700,
    memoryMebibytes: 224,
    cpuTargetPercent: 50,
    maxSurgePercent: 25,
  },
  scaleDownWindowSeconds: 600,
  apiServer: { cidrs: ['10.1.2.3/32', '10.1.2.4/32'], port: 443 },
  dnsCache: { cidr: '169.254.20.10/32' },
  exposure: { kind: 'ingress', className: 'nginx', host: 'time.example.org', tlsSecret: 'time-tls' },
  variables: { DEFAULT_ZONE: 'Europe/Paris', KEEP_ALIVE_TIMEOUT_MS: '75000' },
  imageRegistry: 'images.example.org/mirror',
  imagePullSecrets: ['pull'],
  nodeSelector: { 'kubernetes.io/arch': 'arm64' },
  tolerations: [
    { key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 600 },
  ],
  priorityClassName: 'high',
  labels: { team: 'a' },
  annotations: { 'example.org/owner': 'team-a' },
  prometheusNamespace: 'monitoring',
  tzdataConfigMap: 'tz-2026d',
  ntp: [{ cidr: '192.0.2.7/32' }],
  telemetry: { endpoint: 'http://collector.telemetry:4318', to: { namespace: 'telemetry' }, port: 4318 },
  ipFamilies: ['IPv6', 'IPv4'],
};

const ALL: Readonly<Record<string, Environment>> = { ...ENVIRONMENTS, elsewhere: ELSEWHERE };
const FILES = synthesize(ALL);

/** The client's own type calls a rule's `from` by another name. */
interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: unknown;
    readonly policyTypes: string[];
    readonly ingress: { readonly from?: unknown[]; readonly ports: { readonly port: number }[] }[];
    readonly egress: unknown[];
  };
}

interface Kinds {
  Deployment: V1Deployment;
  HorizontalPodAutoscaler: V2HorizontalPodAutoscaler;
  NetworkPolicy: NetworkPolicy;
  PodDisruptionBudget: V1PodDisruptionBudget;
  Service: V1Service;
}

/** An environment's one object of a kind, called by the install's name and a suffix. */
function find<Kind extends keyof Kinds>(key: string, kind: Kind, suffix = ''): Kinds[Kind] {
  const name = ALL[key]!.name + suffix;
  const found = FILES.get(`${key}.yaml`)!.filter((object) => object.kind === kind && object.metadata!.name === name);
  assert.equal(found.length, 1, `${kind} ${name} of ${key}`);
  return found[0] as Kinds[Kind];
}

const podOf = (key: string) => find(key, 'Deployment').spec!.template;
const containerOf = (key: string) => podOf(key).spec!.containers[0]!;
const variablesOf = (key: string) => Object.fromEntries(containerOf(key).env!.map(({ name, value }) => [name, value]));

/** Every leaf of an object as `path → value`. */
function leaves(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path === '' ? key : `${path}.${key}`));
}

describe('the manifests in dist/', () => {
  it('are what infra/ makes, and nothing else lies there', () => {
    const made = new Map(
      synthesize(ENVIRONMENTS)
        .entries()
        .map(([name, manifests]) => [name, renderYaml(manifests)]),
    );
    const committed = new Map(readdirSync(DIST).map((name) => [name, readFileSync(join(DIST, name), 'utf8')]));
    assert.deepEqual([...committed.keys()].toSorted(), [...made.keys()].toSorted());
    for (const [name, text] of made) assert.equal(committed.get(name), text, `${name}: run \`make synth\``);
  });

  it('put the namespace into a file of its own', () => {
    for (const key of Object.keys(ALL)) {
      assert.deepEqual(
        FILES.get(`${key}.namespace.yaml`)!.map(({ kind }) => kind),
        ['Namespace'],
      );
      assert.ok(FILES.get(`${key}.yaml`)!.every(({ kind }) => kind !== 'Namespace'));
    }
  });

  it('stand in an order that can be applied: what pods need comes before them', () => {
    assert.deepEqual(
      FILES.get('production.yaml')!.map(({ kind }) => kind),
      [
        'ServiceAccount',
        'Role',
        'RoleBinding',
        'NetworkPolicy',
        'Service',
        'Service',
        'Deployment',
        'HorizontalPodAutoscaler',
        'PodDisruptionBudget',
      ],
    );
  });

  it('differ between kind and production only in what the environments say', () => {
    const compared = Object.entries({ kind: 'production', production: 'kind' }).flatMap(([key, other]) => {
      const theirs = new Map(leaves(FILES.get(`${other}.yaml`)));
      return leaves(FILES.get(`${key}.yaml`))
        .filter(([path, value]) => theirs.get(path) !== value)
        .map(([path]) => path.replace(/^\d+/, (index) => FILES.get(`${key}.yaml`)![Number(index)]!.kind!));
    });
    assert.deepEqual([...new Set(compared)].toSorted(), [
      'Deployment.spec.template.spec.containers.0.resources.requests.cpu',
      'HorizontalPodAutoscaler.spec.behavior.scaleDown.stabilizationWindowSeconds',
      'HorizontalPodAutoscaler.spec.maxReplicas',
      'NetworkPolicy.spec.egress.1.to.0.ipBlock.cidr',
      'NetworkPolicy.spec.egress.1.to.1.ipBlock.cidr',
      'Service.spec.ports.0.nodePort',
      'Service.spec.ports.1.nodePort',
      'Service.spec.type',
    ]);
  });
});

for (const [name, manifests] of FILES) {
  describe(`the file ${name}`, () => {
    const text = renderYaml(manifests);

    it('has no null, no anchor and no hashed name', () => {
      assert.deepEqual(text.match(/^.*(: null|: ~|- null|[:-] [&*]\w+|metadata\.addr).*$/gm), null);
      for (const { metadata } of manifests) assert.doesNotMatch(metadata!.name!, /-c[0-9a-f]{7}$/);
    });

    it('names each object once', () => {
      const ids = manifests.map(({ kind, metadata }) => `${kind}/${metadata!.namespace}/${metadata!.name}`);
      assert.equal(new Set(ids).size, ids.length, ids.join(' '));
    });
  });
}

for (const [key, environment] of Object.entries(ALL)) {
  describe(`the environment ${key}`, () => {
    it('keeps every object in its namespace, under its name and its labels', () => {
      for (const { kind = '', metadata } of [...FILES.get(`${key}.yaml`)!, ...FILES.get(monitoringFile(key))!]) {
        assert.equal(metadata!.namespace, environment.namespace, kind);
        assert.ok(metadata!.name!.startsWith(environment.name), kind);
        assert.equal(metadata!.labels!['app.kubernetes.io/name'], environment.name, kind);
        assert.equal(metadata!.labels!['app.kubernetes.io/managed-by'], 'cdk8s', kind);
      }
    });

    it('selects by its name alone: no version, no tool, no environment', () => {
      const selector = { 'app.kubernetes.io/name': environment.name };
      const { spec } = find(key, 'Deployment');
      const [affinity] =
        spec!.template.spec!.affinity!.podAntiAffinity!.preferredDuringSchedulingIgnoredDuringExecution!;
      assert.deepEqual(spec!.selector, { matchLabels: selector });
      assert.deepEqual(find(key, 'Service').spec!.selector, selector);
      assert.deepEqual(find(key, 'Service', '-headless').spec!.selector, selector);
      assert.deepEqual(find(key, 'NetworkPolicy').spec.podSelector, { matchLabels: selector });
      assert.deepEqual(find(key, 'PodDisruptionBudget').spec!.selector, {
        matchLabels: selector,
      });
      assert.deepEqual(affinity!.podAffinityTerm.labelSelector, { matchLabels: selector });
    });

    it('has Services that select exactly the pods of its Deployment', () => {
      const { labels } = podOf(key).metadata!;
      for (const suffix of ['', '-headless']) {
        const { spec } = find(key, 'Service', suffix);
        for (const [label, value] of Object.entries(spec!.selector!)) assert.equal(labels![label], value);
        const portNames = new Set(containerOf(key).ports!.map(({ name }) => name));
        for (const { targetPort } of spec!.ports!) assert.ok(portNames.has(String(targetPort)));
      }
    });

    it('leaves the admin port out of its Services', () => {
      for (const suffix of ['', '-headless']) {
        const ports = find(key, 'Service', suffix).spec!.ports!;
        assert.deepEqual(
          ports.map(({ name, targetPort }) => [name, targetPort]),
          [
            ['http', 'http'],
            ['grpc', 'grpc'],
          ],
        );
      }
    });

    it('gives every container requests and limits for CPU, memory and ephemeral storage', () => {
      for (const { resources } of podOf(key).spec!.containers) {
        for (const amounts of [resources!.requests!, resources!.limits!]) {
          assert.deepEqual(Object.keys(amounts), ['cpu', 'ephemeral-storage', 'memory']);
        }
        assert.ok(Number(resources!.limits!['cpu']) >= 1, 'a limit below one core is latency');
        assert.equal(resources!.requests!['memory'], resources!.limits!['memory']);
      }
    });

    it('meets the restricted Pod Security profile, and more', () => {
      const pod = podOf(key).spec!;
      assert.deepEqual(pod.securityContext, {
        runAsGroup: 65_532,
        runAsNonRoot: true,
        runAsUser: 65_532,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      assert.equal(pod.automountServiceAccountToken, true);
      assert.equal(pod.enableServiceLinks, false);
      for (const { securityContext } of pod.containers) {
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          privileged: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
        });
      }
    });

    it('probes the paths that the service has, on its admin port, each for its own reason', () => {
      const { livenessProbe, readinessProbe, startupProbe, ports } = containerOf(key);
      const at = (path: string): V1HTTPGetAction => ({ path, port: 'admin', scheme: 'HTTP' });
      assert.deepEqual(livenessProbe!.httpGet, at(PROBE_PATHS.live));
      assert.deepEqual(readinessProbe!.httpGet, at(PROBE_PATHS.ready));
      assert.deepEqual(startupProbe!.httpGet, at(PROBE_PATHS.started));
      assert.deepEqual(
        Object.fromEntries(ports!.map(({ name, containerPort }) => [name, containerPort])),
        DEFAULT_PORTS,
      );
      assert.ok(!Object.values<string>(PROBE_PATHS).includes(METRICS_PATH));
    });

    it('gives the service variables that it knows and takes', () => {
      const variables = variablesOf(key);
      for (const name of Object.keys(variables)) assert.ok(name in ENVIRONMENT.shape, name);
      const config = parseConfig(variables);
      const { port: http, grpcPort: grpc, adminPort: admin } = config;
      assert.deepEqual({ http, grpc, admin }, DEFAULT_PORTS);
    });

    it('has at most three exceptions from kube-score, each kind with its reason', () => {
      const annotations = find(key, 'Deployment').metadata!.annotations!;
      const exceptions = annotations['kube-score/ignore']!.split(',');
      assert.ok(exceptions.length <= 3);
      assert.equal(annotations['kube-score/ignore-reason']!.split('. ').length, exceptions.length);
    });

    it('leaves time to end: for preStop, idle connections, the longest request and the flush', () => {
      const { keepAliveTimeoutMs, drainTimeoutMs } = parseConfig(variablesOf(key));
      const preStopMs = containerOf(key).lifecycle!.preStop!.sleep!.seconds * 1000;
      const graceMs = podOf(key).spec!.terminationGracePeriodSeconds! * 1000;
      assert.ok(preStopMs >= 5000);
      assert.ok(drainTimeoutMs >= keepAliveTimeoutMs + ACCEPT_MARGIN_MS + REQUEST_TIMEOUT_MS);
      assert.ok(graceMs >= preStopMs + drainTimeoutMs + 2000);
    });

    it('rolls out without a pod less, and spreads the new pods over hosts and zones', () => {
      const { spec } = find(key, 'Deployment');
      assert.equal(spec!.strategy!.rollingUpdate!.maxUnavailable, 0);
      assert.deepEqual(
        spec!.template.spec!.topologySpreadConstraints!.map(({ topologyKey, whenUnsatisfiable, matchLabelKeys }) => [
          topologyKey,
          whenUnsatisfiable,
          matchLabelKeys,
        ]),
        [
          ['kubernetes.io/hostname', 'ScheduleAnyway', ['pod-template-hash']],
          ['topology.kubernetes.io/zone', 'ScheduleAnyway', ['pod-template-hash']],
        ],
      );
    });

    it('leaves the number of pods to the autoscaler, which leaves room for the disruption budget', () => {
      const deployment = find(key, 'Deployment');
      const { minReplicas, maxReplicas, scaleTargetRef } = find(key, 'HorizontalPodAutoscaler').spec;
      assert.ok(!('replicas' in deployment.spec!));
      assert.deepEqual(scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: environment.name });
      assert.ok(minReplicas! >= 3 && maxReplicas >= minReplicas!);
      assert.equal(find(key, 'PodDisruptionBudget').spec!.maxUnavailable, 1);
    });

    it('has as many pods, and as large ones, as its capacity says', () => {
      const { replicas, cpuRequestMillis, memoryMebibytes, cpuTargetPercent, maxSurgePercent } = environment.capacity;
      const { minReplicas, maxReplicas, metrics } = find(key, 'HorizontalPodAutoscaler').spec;
      assert.deepEqual({ min: minReplicas, max: maxReplicas }, replicas);
      assert.equal(metrics![0]!.resource!.target.averageUtilization, cpuTargetPercent);
      const { requests, limits } = containerOf(key).resources!;
      assert.deepEqual([requests!['cpu'], requests!['memory']], [`${cpuRequestMillis}m`, `${memoryMebibytes}Mi`]);
      assert.equal(limits!['memory'], `${memoryMebibytes}Mi`);
      assert.equal(find(key, 'Deployment').spec!.strategy!.rollingUpdate!.maxSurge, `${maxSurgePercent}%`);
    });

    it('opens the public ports to all, the admin port only to named pods', () => {
      const { policyTypes, ingress } = find(key, 'NetworkPolicy').spec;
      assert.deepEqual(policyTypes, ['Ingress', 'Egress']);
      const open = ingress.filter(({ from }) => from === undefined).flatMap(({ ports }) => ports);
      const guarded = ingress.filter(({ from }) => from !== undefined);
      assert.deepEqual(
        open.map(({ port }) => port),
        [DEFAULT_PORTS.http, DEFAULT_PORTS.grpc],
      );
      assert.deepEqual(
        guarded.flatMap(({ ports }) => ports.map(({ port }) => port)),
        [DEFAULT_PORTS.admin],
      );
      assert.ok(guarded.every(({ from }) => from!.length > 0));
    });
  });
}

describe('another install, with everything that is off elsewhere', () => {
  it('pulls the released image from its own registry, with its secret', () => {
    assert.match(containerOf('elsewhere').image!, /^images\.example\.org\/mirror\/time-service[:@]/);
    assert.deepEqual(podOf('elsewhere').spec!.imagePullSecrets, [{ name: 'pull' }]);
  });

  it('schedules its pods where it was told', () => {
    const { nodeSelector, tolerations, priorityClassName } = podOf('elsewhere').spec!;
    assert.deepEqual(
      { nodeSelector, tolerations, priorityClassName },
      {
        nodeSelector: { 'kubernetes.io/arch': 'arm64' },
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 },
          ...ELSEWHERE.tolerations!,
        ],
        priorityClassName: 'high',
      },
    );
  });

  it('carries its labels and annotations on every object and every pod', () => {
    const files = ['elsewhere.namespace.yaml', 'elsewhere.yaml', monitoringFile('elsewhere')];
    const objects = [...files.flatMap((name) => FILES.get(name)!), podOf('elsewhere')];
    for (const { metadata } of objects) {
      assert.equal(metadata!.labels!['team'], 'a');
      assert.equal(metadata!.annotations!['example.org/owner'], 'team-a');
    }
  });

  it('configures the service, and gives the longer keep-alive its time to end', () => {
    const { DEFAULT_ZONE, OTEL_EXPORTER_OTLP_ENDPOINT } = variablesOf('elsewhere');
    assert.equal(DEFAULT_ZONE, 'Europe/Paris');
    assert.equal(OTEL_EXPORTER_OTLP_ENDPOINT, 'http://collector.telemetry:4318');
    assert.equal(podOf('elsewhere').spec!.terminationGracePeriodSeconds, 5 + 75 + 1 + 10 + 5);
  });

  it('reads its tz data from the ConfigMap that is named', () => {
    const [volume] = podOf('elsewhere').spec!.volumes!;
    assert.equal(volume!.configMap!.name, 'tz-2026d');
    assert.deepEqual(
      containerOf('elsewhere').volumeMounts!.map(({ name, mountPath, readOnly }) => ({ name, mountPath, readOnly })),
      [{ name: volume!.name, mountPath: variablesOf('elsewhere')['TZDATA_DIRECTORY'], readOnly: true }],
    );
  });

  it('opens the way to its NTP servers and its collector, and to the metrics for its Prometheus', () => {
    const { ingress, egress } = find('elsewhere', 'NetworkPolicy').spec;
    const namespaceSelector = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
    assert.deepEqual(ingress[1]!.from![1], { namespaceSelector: namespaceSelector('monitoring') });
    assert.deepEqual(egress.slice(-2), [
      { ports: [{ port: 123, protocol: 'UDP' }], to: [{ ipBlock: { cidr: '192.0.2.7/32' } }] },
      { ports: [{ port: 4318, protocol: 'TCP' }], to: [{ namespaceSelector: namespaceSelector('telemetry') }] },
    ]);
  });

  it('has both address families, the first one preferred', () => {
    for (const suffix of ['', '-headless']) {
      const { ipFamilies, ipFamilyPolicy } = find('elsewhere', 'Service', suffix).spec!;
      assert.deepEqual(ipFamilies, ['IPv6', 'IPv4']);
      assert.equal(ipFamilyPolicy, 'PreferDualStack');
    }
  });
});

describe('the ways in', () => {
  const exposures: [Exposure, string, string[]][] = [
    [{ kind: 'none' }, 'ClusterIP', []],
    [{ kind: 'nodePort', http: 30_080, grpc: 30_051 }, 'NodePort', []],
    [{ kind: 'loadBalancer', sourceRanges: ['203.0.113.0/24'] }, 'LoadBalancer', []],
    [{ kind: 'ingress', className: 'nginx', host: 'a.example', tlsSecret: 'tls' }, 'ClusterIP', ['Ingress']],
    [
      { kind: 'gateway', gateway: { name: 'edge', namespace: 'edge' }, httpHost: 'a.example', grpcHost: 'b.example' },
      'ClusterIP',
      ['HTTPRoute', 'GRPCRoute'],
    ],
  ];
  for (const [exposure, type, kinds] of exposures) {
    it(`for ${exposure.kind} are a Service of type ${type}${kinds.map((kind) => ` and ${kind}`).join('')}`, () => {
      const manifests = synthesize({ it: { ...ELSEWHERE, exposure } }).get('it.yaml')!;
      const service = manifests.find(({ kind }) => kind === 'Service') as V1Service;
      assert.equal(service.spec!.type, type);
      assert.deepEqual(
        service.spec!.loadBalancerSourceRanges,
        exposure.kind === 'loadBalancer' ? exposure.sourceRanges : undefined,
      );
      const known = new Set(['Ingress', 'HTTPRoute', 'GRPCRoute']);
      assert.deepEqual(
        manifests.map(({ kind }) => kind!).filter((kind) => known.has(kind)),
        kinds,
      );
    });
  }

  it('send each host of a gateway to its own port', () => {
    const exposure = exposures.at(-1)![0];
    const routes = synthesize({ it: { ...ELSEWHERE, exposure } })
      .get('it.yaml')!
      .filter(({ kind }) => kind!.endsWith('Route'))
      .map((route) => (route as KubernetesObject & { spec: unknown }).spec);
    const route = (hostname: string, port: number) => ({
      hostnames: [hostname],
      parentRefs: [{ name: 'edge', namespace: 'edge' }],
      rules: [{ backendRefs: [{ name: ELSEWHERE.name, port }] }],
    });
    assert.deepEqual(routes, [route('a.example', 80), route('b.example', DEFAULT_PORTS.grpc)]);
  });
});
