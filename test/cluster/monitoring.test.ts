/**
 * A real Prometheus scrapes the service, and is asked everything that the alerts and the dashboard ask, while what they are
 * for happens: a rollout, an NTP server that comes, a clock that goes wrong, answers that are slow, requests that fail.
 */
import assert from 'node:assert/strict';

import type { V1Pod } from '@kubernetes/client-node';

import { caller, CALLERS, waitForCallers } from './callers.ts';
import {
  change,
  evaluateInService,
  kubectl,
  makeOrThrow,
  NAME,
  readServingPods,
  redeploy,
  REPLICAS,
  runInPod,
  say,
  SELECTOR_LABELS,
  target,
  waitFor,
  waitForPods,
} from './cluster.ts';
import { deployFaketime, setOffset } from './faketime.ts';
import {
  query,
  queryRange,
  readAlerts,
  readBrokenRules,
  startPrometheus,
  stopPrometheus,
  writeTargets,
} from './prometheus.ts';
import { HTTP_METRICS, PROCESS_METRICS } from '../../app/telemetry/metric-names.ts';
import { panelsOf } from '../../infra/monitoring/dashboard.ts';
import { selectFrom } from '../../infra/monitoring/query.ts';
import { RECORDED } from '../../infra/monitoring/recordings.ts';
import { MONITORING_GROUP } from '../../infra/monitoring/scrape.ts';
import { needTool } from '../outside-tool.ts';

const { environment } = target;
const { namespace } = environment;
const select = selectFrom(environment);
const NTP_PORT = 10_123;
const SKEW_S = 0.25;
const ntpServer = caller('ntp', CALLERS, ['/programs/ntp-server.mjs', String(NTP_PORT)]);
const wayToNtp = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'ntp', namespace },
  spec: {
    podSelector: { matchLabels: SELECTOR_LABELS },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': CALLERS } } }],
        ports: [{ port: NTP_PORT, protocol: 'UDP' }],
      },
    ],
  },
};

/** The kinds of the Prometheus operator, as far as a deploy needs them. */
const KINDS = ['ServiceMonitor', 'PrometheusRule'].map((kind) => {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${MONITORING_GROUP}` },
    spec: {
      group: MONITORING_GROUP,
      scope: 'Namespaced',
      names: { kind, plural },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
});

const OF_CLOCKS = ['TimeServiceClockSkew', 'TimeServiceClockStep'];

/** The one query whose answer no fault can move. */
const FIXED = ['Skew: tolerated'];

describe('the monitoring', () => {
  let startS: number;

  before(async function () {
    needTool(this, 'prometheus', 'install the Debian package prometheus');
    await deployFaketime(this);
    await waitForPods();
    await change('apply', ntpServer, wayToNtp);
    await startPrometheus();
    await waitForCallers(ntpServer);
    await writeTargets();
  });

  after(async () => {
    await stopPrometheus();
    await change('delete', ntpServer, wayToNtp, ...KINDS);
  });

  it('scrapes every pod once, and no alert has anything to say of a healthy cluster that nobody synchronises', async () => {
    await waitFor('a scrape of every pod', 60, async () => {
      const [pods] = await query(select(PROCESS_METRICS.build));
      return pods!.length === REPLICAS.min;
    });
    await waitFor('every rule to have been evaluated', 30, async () => (await readBrokenRules()).length === 0);
    startS = Date.now() / 1000;
    assert.deepEqual(await readAlerts(), []);
  });

  it('sees a rollout, after which the clocks are synchronised', async () => {
    const address = await kubectl('get', 'pod', '-n', CALLERS, 'ntp', '--output', 'jsonpath={.status.podIP}');
    await kubectl('set', 'env', `deployment/${NAME}`, `NTP_SERVERS=${address}:${NTP_PORT}`);
    await kubectl('rollout', 'status', `deployment/${NAME}`, '--timeout', '180s');
    await writeTargets();
    await waitForPods();
    await writeTargets();
    await waitFor('all nodes to be synchronised', 60, async () => {
      const [nodes] = await query('time_service:node_synchronized:bool');
      return nodes!.length === REPLICAS.min && nodes!.every((value) => value === 1);
    });
    say('the nodes are synchronised');
  });

  it(`sees one clock go wrong by ${1000 * SKEW_S} ms, and alerts name its node alone`, async () => {
    const [liar] = await waitForPods();
    await setOffset(liar!, `+${SKEW_S}`);
    const said = new Set<string>();
    // Until every pod has asked again, the liar finds the others apart as well; a skew has to last before it counts.
    await waitFor('alerts of a skew and of a step, of its node alone', 60, async () => {
      // After a step a clock has to find itself again; what else has to last before it counts is not meant here.
      const alerts = (await readAlerts()).filter(({ labels }) => OF_CLOCKS.includes(labels['alertname']!));
      for (const { labels } of alerts) said.add(JSON.stringify(labels));
      const names = new Set(alerts.map(({ labels }) => labels['alertname']));
      const nodes = new Set(alerts.map(({ labels }) => labels['node'] ?? labels['own_node']));
      return names.size === OF_CLOCKS.length && nodes.size === 1 && nodes.has(liar!.spec!.nodeName);
    });
    for (const labels of said) say(labels);
  });

  it('sees answers that are slow and requests that fail', async () => {
    const [pod] = await readServingPods();
    await request(pod!, 50);
    await evaluateInService(pod!.metadata!.name!, SLOW);
    await request(pod!, 50);
    await evaluateInService(pod!.metadata!.name!, LATE);
    // What the fastest of the alerts asks of the last five minutes; they also ask for proof, which takes longer.
    await waitFor('both budgets to burn at 14.4 times their pace', 90, async () => {
      await request(pod!, 50);
      const shares = await query(
        `${select(RECORDED.failures)} / ${select(RECORDED.requests)} > 0.0144`,
        `${select(RECORDED.slow)} / ${select(RECORDED.timed)} > 0.144`,
      );
      return shares.every((share) => share.length === 1);
    });
    await waitFor('failures on the dashboard', 30, async () => {
      const [rates] = await query(`rate(${select(HTTP_METRICS.requests, { status: '503' })}[30s])`);
      return rates!.some((rate) => rate > 0);
    });
    assert.deepEqual(await readBrokenRules(), []);
  });

  it('has moved every line of the dashboard meanwhile', async () => {
    const lines = Object.values(panelsOf(environment))
      .flat()
      .flatMap(({ title, queries }) => Object.entries(queries).map(([legend, expr]) => ({ title, legend, expr })));
    const answers = await queryRange(
      startS,
      lines.map(({ expr }) => expr.replaceAll('$__rate_interval', '30s')),
    );
    const still = lines.filter((_, index) => {
      // A line moves where it takes different values, or begins after the start.
      const moved = answers[index]!.some(({ values }) => {
        const numbers = values.map(([, text]) => Number(text)).filter((value) => Number.isFinite(value));
        return new Set(numbers).size > 1 || (numbers.length > 0 && values[0]![0] > startS + 10);
      });
      return !moved;
    });
    say(`${lines.length} queries`);
    assert.deepEqual(
      still.map(({ title, legend }) => `${title}: ${legend}`),
      FIXED,
    );
  });

  it('is deployed where the cluster knows its kinds, and removed where it no longer does, and that is said', async () => {
    const monitoring = `configmap/${NAME}-dashboard`;
    await assert.rejects(kubectl('get', monitoring), /not found/);
    await change('apply', ...KINDS);
    await redeploy();
    await kubectl('get', monitoring, ...KINDS.map(({ metadata }) => `${metadata.name}/${NAME}`));
    await change('delete', ...KINDS);
    const output = await makeOrThrow('deploy');
    assert.match(output, /^Without kind\.monitoring\.yaml: the cluster has no monitoring\.coreos\.com\.$/m);
    await assert.rejects(kubectl('get', monitoring), /not found/);
  });
});

/** Makes writing JSON, and with it every answer that is asked for here, take as long as a slow one may. */
const SLOW = `
  const { stringify } = JSON;
  JSON.stringify = (...args) => {
    const endMs = performance.now() + 30;
    while (performance.now() < endMs);
    return stringify(...args);
  }; 0`;

/** Keeps the event loop busy for a while, turn after turn, as an overload does. */
const LATE = `
  const late = setInterval(() => {
    const endMs = performance.now() + 700;
    while (performance.now() < endMs);
  }, 1);
  setTimeout(() => clearInterval(late), 12_000); 0`;

/** Asks one pod, from within the cluster. */
async function request(pod: V1Pod, count: number): Promise<void> {
  const url = `http://${pod.status!.podIP}:8080/v1/time`;
  const code = `Promise.allSettled(Array.from({ length: ${count} }, () => fetch('${url}'))).then(() => process.exit())`;
  await runInPod('prometheus', code);
}
