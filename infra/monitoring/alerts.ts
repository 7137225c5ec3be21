/**
 * What somebody has to hear of. An alert that fires for nothing is muted, and then fires for nobody; so each one has a
 * harmless case next to its own in which test/infra/monitoring/alerts.test.ts sees it silent, and a runbook that says why.
 * The service's share is told by its own metrics, the cluster's by those of kube-state-metrics.
 */
import { CLOCK_METRICS, PEER_METRICS, PROCESS_METRICS, releaseNumber } from '../../app/telemetry/metric-names.ts';
import { TABLE_RELEASE } from '../../app/zones/tz-table.ts';
import { RUNBOOKS, type Environment } from '../environments.ts';
import { INSTALL, OWN_NODE, selectFrom, selector } from './query.ts';
import { RECORDED, SLOW_SECONDS } from './recordings.ts';

/** An alerting rule as Prometheus has it. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

interface Definition {
  readonly name: string;
  readonly severity: 'critical' | 'warning';
  /** For how long it must have been so. */
  readonly lasting: string;
  readonly expr: string;
  readonly summary: string;
  /** With the figures; `$value` is what the expression gives. */
  readonly description: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export function alertsOf(environment: Environment): Alert[] {
  const definitions = [
    ...clockAlerts(environment),
    ...sourceAlerts(environment),
    ...peerAlerts(environment),
    tzdataAlert(environment),
    ...budgetAlerts(environment),
    ...clusterAlerts(environment),
  ];
  return definitions.map(({ name, severity, lasting, expr, summary, description, labels }) => ({
    alert: name,
    expr: expr.replaceAll(/\s+/g, ' '),
    for: lasting,
    labels: { severity, ...labels },
    annotations: { summary, description, runbook_url: `${RUNBOOKS}#${name.toLowerCase()}` },
  }));
}

const BY_NODE = `${INSTALL}, ${OWN_NODE}`;

function clockAlerts(environment: Environment): Definition[] {
  const select = selectFrom(environment);
  return [
    {
      // Of two clocks that are apart neither can be called the wrong one; of three it is the one that most others find
      // apart. Only where there is no such node are all of those named that anybody finds apart.
      name: 'TimeServiceClockSkew',
      severity: 'critical',
      lasting: '2m',
      expr: `max by (${INSTALL}, node) (${select(RECORDED.skew)}) and on (${INSTALL}, node)
        (${select(RECORDED.apart)} > 0.5 or ${select(RECORDED.apart)} > 0 unless on (${INSTALL}) ${select(RECORDED.apart)} > 0.5)`,
      summary: 'The clock of a node is apart from those of the others.',
      description:
        'The clock of {{ $labels.node }} is at least {{ $value | humanizeDuration }} ahead of or behind that of another node, whatever the network hides.',
    },
    {
      // A pod that starts counts from 0 again, which is no step.
      name: 'TimeServiceClockStep',
      severity: 'warning',
      lasting: '0m',
      expr: `max by (${BY_NODE}) (${select(CLOCK_METRICS.lastStep)})
        and on (${BY_NODE}) max by (${BY_NODE}) (increase(${select(CLOCK_METRICS.steps)}[15m])) > 0`,
      summary: 'The clock of a node was stepped.',
      description: 'The clock of {{ $labels.own_node }} was set by {{ $value | humanizeDuration }}.',
    },
    {
      // Nodes that nobody synchronises, as those of kind, never promised a bound. It counts where somebody wanted it: this
      // node was synchronised within the last day, others are, or NTP servers are configured.
      name: 'TimeServiceUnsynchronized',
      severity: 'warning',
      lasting: '1h',
      expr: `${select(RECORDED.synchronized)} == 0 and on (${BY_NODE}) (
        max_over_time(${select(RECORDED.synchronized)}[1d]) == 1
        or ${select(RECORDED.synchronized)} and on (${INSTALL}) ${select(RECORDED.synchronized)} == 1
        or max by (${BY_NODE}) (${select(CLOCK_METRICS.sourceVerdict, NTP_SERVERS)}))`,
      summary: 'The clock of a node is not synchronised.',
      description:
        'The clock of {{ $labels.own_node }} has not been synchronised for an hour, though it was within the last day, others are, or NTP servers are configured.',
    },
  ];
}

const NTP_SERVERS = { source: '!=kernel' };

function sourceAlerts(environment: Environment): Definition[] {
  const select = selectFrom(environment);
  const nodesWhere = (series: string) => `sum by (${INSTALL}, source) (max by (${BY_NODE}, source) (${series})) > 0`;
  const lying = select(CLOCK_METRICS.sourceVerdict, { verdict: 'contradicts' });
  return [
    {
      name: 'TimeServiceReferenceLying',
      severity: 'warning',
      lasting: '10m',
      expr: nodesWhere(lying),
      summary: 'A source of time contradicts the others.',
      description: `On {{ $value }} nodes {{ $labels.source }} contradicts the other sources of time:{{ range printf \`${lying.replace('}', ',source="%s"}')} == 1\` $labels.source | query | sortByLabel "own_node" }} {{ .Labels.own_node }}{{ end }}.`,
    },
    {
      // The kernel is silent wherever no daemon sets the clock, and that is no loss.
      name: 'TimeServiceReferenceLost',
      severity: 'warning',
      lasting: '15m',
      expr: nodesWhere(select(CLOCK_METRICS.sourceVerdict, { ...NTP_SERVERS, verdict: 'silent' })),
      summary: 'An NTP server does not answer.',
      description: '{{ $labels.source }} has given {{ $value }} nodes no answer for a quarter of an hour.',
    },
  ];
}

function peerAlerts(environment: Environment): Definition[] {
  const select = selectFrom(environment);
  const silent = select(PEER_METRICS.silent);
  const build = select(PROCESS_METRICS.build);
  return [
    {
      // Two nodes that cannot talk to each other have others to talk to.
      name: 'TimeServicePeersLost',
      severity: 'warning',
      lasting: '10m',
      expr: `avg by (${INSTALL}, node) (${silent}) > 0.5`,
      summary: 'A node is not heard by the others.',
      description:
        '{{ $value | humanizePercentage }} of the nodes that ask {{ $labels.node }} for its time get no answer.',
    },
    {
      // A pod that finds no peer watches nobody, and no other series says so.
      name: 'TimeServicePeersUnknown',
      severity: 'warning',
      lasting: '10m',
      expr: `(max by (${BY_NODE}, pod) (${build}) unless on (${INSTALL}, pod) ${silent})
        * on (${INSTALL}) group_left () count by (${INSTALL}) (count by (${BY_NODE}) (${build})) > 1`,
      summary: 'A pod finds no other nodes to compare its clock with.',
      description: '{{ $labels.pod }} on {{ $labels.own_node }} has no peers, though {{ $value }} nodes have pods.',
    },
  ];
}

function tzdataAlert(environment: Environment): Definition {
  const { tzdata = TABLE_RELEASE } = environment;
  const release = selectFrom(environment)(PROCESS_METRICS.tzdbRelease);
  return {
    name: 'TimeServiceTzdataOld',
    severity: 'warning',
    lasting: '1h',
    expr: `count by (${INSTALL}) (${release} < ${releaseNumber(tzdata)})`,
    summary: 'Pods have old time zone data.',
    description: `{{ $value }} pods have a release of the tz database before ${tzdata}.`,
  };
}

const BUDGETS = [
  {
    name: 'TimeServiceErrorBudget',
    objective: 0.999,
    bad: RECORDED.failures,
    all: RECORDED.requests,
    summary: 'Requests to the time service fail.',
    fate: 'failed',
  },
  {
    name: 'TimeServiceLatencyBudget',
    objective: 0.99,
    bad: RECORDED.slow,
    all: RECORDED.timed,
    summary: 'The time service is slow.',
    fate: `took more than ${SLOW_SECONDS * 1000} ms`,
  },
] as const;

/**
 * How fast a budget of thirty days burns, over a long window that has proof and a short one that soon sees the end of it: at
 * a pace of 14.4 a fiftieth is gone in an hour, at 6 a twentieth in six hours, at 3 or 1 a tenth in one day or three.
 * https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts
 */
const WINDOWS = [
  { pace: 14.4, long: '1h', short: '5m', severity: 'critical' },
  { pace: 6, long: '6h', short: '30m', severity: 'critical' },
  { pace: 3, long: '1d', short: '2h', severity: 'warning' },
  { pace: 1, long: '3d', short: '6h', severity: 'warning' },
] as const;

/** Where next to nobody asks, one request is a great part of all: fewer than so many in the long window wake nobody. */
const FEWEST = 10;

function budgetAlerts(environment: Environment): Definition[] {
  const select = selectFrom(environment);
  return BUDGETS.flatMap(({ name, objective, bad, all, summary, fate }) =>
    WINDOWS.map(({ pace, long, short, severity }): Definition => {
      const most = round(pace * (1 - objective));
      const share = (window: string) =>
        `avg_over_time(${select(bad)}[${window}]) / avg_over_time(${select(all)}[${window}])`;
      return {
        name,
        severity,
        lasting: '2m',
        expr: `${share(long)} > ${most} and ${share(short)} > ${most}
          and 60 * sum_over_time(${select(bad)}[${long}:1m]) >= ${FEWEST}`,
        summary,
        description: `Of the requests of the last ${long} {{ $value | humanizePercentage }} ${fate}, more than ${pace} times what the objective of ${objective * 100} % allows.`,
        labels: { window: long },
      };
    }),
  );
}

/** Without the digits that binary fractions leave behind. */
function round(value: number): number {
  return Number(value.toPrecision(6));
}

function clusterAlerts(environment: Environment): Definition[] {
  const { name, namespace } = environment;
  const deployment = (metric: string) => selector(`kube_deployment_${metric}`, { namespace, deployment: name });
  const autoscaler = (metric: string, matchers = {}) =>
    selector(`kube_horizontalpodautoscaler_${metric}`, { namespace, horizontalpodautoscaler: name, ...matchers });
  const sameDeployment = 'on (namespace, deployment)';
  const same = 'on (namespace, horizontalpodautoscaler)';
  return [
    {
      // Whoever sees no metrics sees no trouble either: all other alerts are silent where these are missing.
      name: 'TimeServiceMetricsMissing',
      severity: 'warning',
      lasting: '10m',
      expr: `absent(${selectFrom(environment)(PROCESS_METRICS.build)})`,
      summary: 'No pod of the time service is scraped.',
      description: 'Prometheus has had no metrics of {{ $labels.job }} in {{ $labels.namespace }} for ten minutes.',
    },
    {
      name: 'TimeServiceReplicasShort',
      severity: 'warning',
      lasting: '10m',
      expr: `${deployment('spec_replicas')} - ${sameDeployment} ${deployment('status_replicas_available')} > 0`,
      summary: 'The time service has fewer pods than it should.',
      description: '{{ $value }} pods have been missing for ten minutes.',
    },
    {
      name: 'TimeServiceReplicasShort',
      severity: 'critical',
      lasting: '1m',
      expr: `${deployment('status_replicas_available')} == 0`,
      summary: 'The time service has no pod.',
      description: 'None of the pods of {{ $labels.deployment }} in {{ $labels.namespace }} is available.',
    },
    {
      // At its limit and content is no trouble, and one that has a single number to choose from never moves.
      name: 'TimeServiceAutoscalerAtLimit',
      severity: 'warning',
      lasting: '15m',
      expr: `${autoscaler('status_current_replicas')} >= ${same} ${autoscaler('spec_max_replicas')}
        and ${same} ${autoscaler('spec_max_replicas')} > ${same} ${autoscaler('spec_min_replicas')}
        and ${same} ${autoscaler('status_condition', { condition: 'ScalingLimited', status: 'true' })} == 1`,
      summary: 'The autoscaler may add no more pods.',
      description:
        'For a quarter of an hour there have been {{ $value }} pods, as many as there may be, and the load asks for more.',
    },
  ];
}
