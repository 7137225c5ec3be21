/**
 * Each alert in its case and in the nearest harmless one, by Prometheus' own unit tests. A timeline is a sample a minute, in
 * promtool's notation: `0x5 1x9` is six times 0, then ten times 1, and `_` is no sample.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  CLOCK_METRICS,
  GRPC_METRICS,
  HTTP_METRICS,
  type MetricName,
  PEER_METRICS,
  PROCESS_METRICS,
} from '../../../app/telemetry/metric-names.ts';
import { ENVIRONMENTS } from '../../../infra/environments.ts';
import { ruleGroups } from '../../../infra/monitoring.ts';
import { alertsOf } from '../../../infra/monitoring/alerts.ts';
import { bucketsOf, countOf, selector } from '../../../infra/monitoring/query.ts';
import { needTool } from '../../outside-tool.ts';

const ENVIRONMENT = ENVIRONMENTS['kind']!;
const ALERTS = alertsOf(ENVIRONMENT);
const INSTALL = { namespace: 'time-service', job: 'time-service' };

type Series = Readonly<Record<string, string>>;

interface Firing {
  /** Since the start, such as `1h5m`. */
  readonly at: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly description: string;
}

interface Timeline {
  readonly it: string;
  readonly series: Series;
  readonly fires?: readonly Firing[];
  /** When it is silent; where it fires, the last time is when it has resolved. */
  readonly silent: readonly string[];
  /** How often the rules are evaluated, where not once a minute: those that look back for days take their time. */
  readonly every?: string;
}

/** The series of a metric of the service, as the scrape labels it. */
function own<Label extends string>(
  { name }: MetricName<Label>,
  values: string,
  labels?: Readonly<Partial<Record<Label | 'pod' | 'own_node', string>>>,
): Series {
  return { [selector(name, { ...INSTALL, ...labels })]: values };
}

const pod = (node: string) => ({ pod: `pod-${node}`, own_node: node });

/** What the pod of one node makes of the clock of another. */
function compared(from: string, node: string, offset: string, uncertainty = '0.001x60'): Series {
  return {
    ...own(PEER_METRICS.offset, offset, { ...pod(from), node }),
    ...own(PEER_METRICS.uncertainty, uncertainty, { ...pod(from), node }),
    ...own(PEER_METRICS.tolerance, '0.1x60', pod(from)),
  };
}

const silence = (from: string, node: string, values: string) =>
  own(PEER_METRICS.silent, values, { ...pod(from), node });
const present = (...nodes: string[]): Series =>
  Object.assign({}, ...nodes.map((node) => own(PROCESS_METRICS.build, '1x60', pod(node))));
const synchronized = (node: string, values: string) =>
  own(CLOCK_METRICS.state, values, { ...pod(node), state: 'synchronized' });
const verdict = (node: string, source: string, is: string, values: string) =>
  own(CLOCK_METRICS.sourceVerdict, values, { ...pod(node), source, verdict: is });
const answered = (status: string, values: string) =>
  own(HTTP_METRICS.requests, values, { ...pod('a'), route: '/time', method: 'GET', status });
const called = (code: string, values: string) =>
  own(GRPC_METRICS.requests, values, { ...pod('a'), method: 'GetTime', code });
const timed = (all: string, fast: string): Series => ({
  ...own(countOf(HTTP_METRICS), all, pod('a')),
  ...own(bucketsOf(HTTP_METRICS), fast, { ...pod('a'), le: '0.025' }),
  ...own(countOf(GRPC_METRICS), '0x2000', pod('a')),
  ...own(bucketsOf(GRPC_METRICS), '0x2000', { ...pod('a'), le: '0.025' }),
});
const deployment = (metric: string, values: string): Series => ({
  [selector(`kube_deployment_${metric}`, { namespace: INSTALL.namespace, deployment: 'time-service' })]: values,
});
const autoscaler = (metric: string, values: string, labels = {}): Series => ({
  [selector(`kube_horizontalpodautoscaler_${metric}`, {
    namespace: INSTALL.namespace,
    horizontalpodautoscaler: 'time-service',
    ...labels,
  })]: values,
});

/** A day and more of a thousand good requests a minute, and then a quarter of an hour in which some are not. */
const GOOD_DAY = '0+1000x1800';
const afterGoodDay = (perMinute: number) => `${1_800_000 + perMinute}+${perMinute}x14`;
/** For a kind of request that there was none of until then; it ends with what it came to. */
const badQuarter = (perMinute: number) => `0x1800 ${perMinute}+${perMinute}x14 ${15 * perMinute}x30`;

function liar(offset: number): Series {
  const from = (sign: number) => `0x4 ${sign * offset}x9 0x20`;
  return {
    ...compared('a', 'b', '0x60'),
    ...compared('a', 'c', from(1)),
    ...compared('b', 'a', '0x60'),
    ...compared('b', 'c', from(1)),
    ...compared('c', 'a', from(-1)),
    ...compared('c', 'b', from(-1)),
  };
}

const skewed = (node: string, least: string): Omit<Firing, 'at'> => ({
  labels: { ...INSTALL, node, severity: 'critical' },
  description: `The clock of ${node} is at least ${least} ahead of or behind that of another node, whatever the network hides.`,
});

const unsynchronizedA: Omit<Firing, 'at'> = {
  labels: { ...INSTALL, own_node: 'a', severity: 'warning' },
  description:
    'The clock of a has not been synchronised for an hour, though it was within the last day, others are, or NTP servers are configured.',
};

const burned = (window: string, severity: string, description: string): Omit<Firing, 'at'> => ({
  labels: { ...INSTALL, severity, window },
  description: `Of the requests of the last ${window} ${description}`,
});

const TIMELINES: Readonly<Record<string, readonly Timeline[]>> = {
  TimeServiceClockSkew: [
    {
      it: 'names the one of three that both others find ahead',
      series: liar(0.25),
      fires: [{ at: '8m', ...skewed('c', '249ms') }],
      silent: ['6m', '16m'],
    },
    {
      it: 'names one that is behind as well',
      series: liar(-0.25),
      fires: [{ at: '8m', ...skewed('c', '249ms') }],
      silent: ['6m', '16m'],
    },
    {
      it: 'names both of two, of which nobody can tell which is wrong',
      series: { ...compared('a', 'b', '-0.25x9 0x20'), ...compared('b', 'a', '0.25x9 0x20') },
      fires: [
        { at: '5m', ...skewed('a', '249ms') },
        { at: '5m', ...skewed('b', '249ms') },
      ],
      silent: ['1m', '12m'],
    },
    {
      it: 'names both of a pair that is apart, though each is near to most others',
      series: {
        ...compared('a', 'b', '0.12x9 0x20'),
        ...compared('b', 'a', '-0.12x9 0x20'),
        ...compared('c', 'a', '-0.06x60'),
        ...compared('c', 'b', '0.06x60'),
      },
      fires: [
        { at: '5m', ...skewed('a', '119ms') },
        { at: '5m', ...skewed('b', '119ms') },
      ],
      silent: ['12m'],
    },
    {
      it: 'is silent where a slow network may be all there is',
      series: { ...compared('a', 'b', '0.25x60', '0.16x60'), ...compared('b', 'a', '-0.25x60', '0.16x60') },
      silent: ['5m', '30m'],
    },
  ],
  TimeServiceClockStep: [
    {
      it: 'tells by how much the clock was set, and for a quarter of an hour',
      series: {
        ...own(CLOCK_METRICS.steps, '0x4 1x60', { ...pod('a'), direction: 'backward' }),
        ...own(CLOCK_METRICS.lastStep, '_x5 -2x60', pod('a')),
      },
      fires: [
        {
          at: '6m',
          labels: { ...INSTALL, own_node: 'a', severity: 'warning' },
          description: 'The clock of a was set by -2s.',
        },
      ],
      silent: ['4m', '30m'],
    },
    {
      it: 'is silent where a pod is replaced that once saw a step',
      series: {
        ...own(CLOCK_METRICS.steps, '3x20 0x20', { ...pod('a'), direction: 'forward' }),
        ...own(CLOCK_METRICS.lastStep, '-2x60', pod('a')),
      },
      silent: ['10m', '22m', '35m'],
    },
  ],
  TimeServiceUnsynchronized: [
    {
      it: 'fires an hour after a node has lost what it had',
      series: synchronized('a', '1x9 0x99 1x30'),
      fires: [{ at: '1h15m', ...unsynchronizedA }],
      silent: ['1h5m', '1h55m'],
    },
    {
      it: 'fires for the one of several that is not synchronised',
      series: { ...synchronized('a', '0x99 1x30'), ...synchronized('b', '1x200') },
      fires: [{ at: '1h5m', ...unsynchronizedA }],
      silent: ['55m', '1h45m'],
    },
    {
      it: 'fires where NTP servers are configured, and none ever answered',
      series: { ...synchronized('a', '0x99 1x30'), ...verdict('a', 'ntp.example', 'silent', '1x200') },
      fires: [{ at: '1h5m', ...unsynchronizedA }],
      silent: ['55m', '1h45m'],
    },
    {
      it: 'is silent in a healthy cluster that nobody synchronises',
      series: Object.assign(
        {},
        ...['a', 'b', 'c'].map((node) => ({
          ...synchronized(node, '0x300'),
          ...verdict(node, 'kernel', 'silent', '1x300'),
        })),
      ) as Series,
      silent: ['2h', '5h'],
    },
    {
      it: 'is silent while a daemon takes its time after a step',
      series: synchronized('a', '1x9 0x50 1x60'),
      silent: ['30m', '1h', '1h10m', '2h'],
    },
  ],
  TimeServiceReferenceLying: [
    {
      it: 'tells on which nodes',
      series: {
        ...verdict('a', 'ntp.example', 'contradicts', '1x20 0x20'),
        ...verdict('b', 'ntp.example', 'contradicts', '1x20 0x20'),
        ...verdict('c', 'ntp.example', 'contradicts', '0x60'),
      },
      fires: [
        {
          at: '12m',
          labels: { ...INSTALL, source: 'ntp.example', severity: 'warning' },
          description: 'On 2 nodes ntp.example contradicts the other sources of time: a b.',
        },
      ],
      silent: ['5m', '25m'],
    },
    {
      it: 'is silent where a leap second is smeared, and where nobody speaks',
      series: {
        ...verdict('a', 'ntp.example', 'smeared', '1x60'),
        ...verdict('a', 'kernel', 'silent', '1x60'),
        ...verdict('a', 'ntp.example', 'contradicts', '0x60'),
      },
      silent: ['20m', '40m'],
    },
  ],
  TimeServiceReferenceLost: [
    {
      it: 'tells how many nodes get no answer',
      series: {
        ...verdict('a', 'ntp.example', 'silent', '0x4 1x20 0x20'),
        ...verdict('b', 'ntp.example', 'silent', '0x4 1x20 0x20'),
      },
      fires: [
        {
          at: '21m',
          labels: { ...INSTALL, source: 'ntp.example', severity: 'warning' },
          description: 'ntp.example has given 2 nodes no answer for a quarter of an hour.',
        },
      ],
      silent: ['15m', '30m'],
    },
    {
      it: 'is silent where only the kernel has nothing to say, or a server missed a question',
      series: {
        ...verdict('a', 'kernel', 'silent', '1x60'),
        ...verdict('a', 'ntp.example', 'silent', '0x10 1x5 0x30'),
      },
      silent: ['20m', '40m'],
    },
  ],
  TimeServicePeersLost: [
    {
      it: 'names a node that none of the others hears',
      series: {
        ...silence('a', 'b', '0x60'),
        ...silence('a', 'c', '1x20 0x20'),
        ...silence('b', 'a', '0x60'),
        ...silence('b', 'c', '1x20 0x20'),
      },
      fires: [
        {
          at: '12m',
          labels: { ...INSTALL, node: 'c', severity: 'warning' },
          description: '100% of the nodes that ask c for its time get no answer.',
        },
      ],
      silent: ['5m', '25m'],
    },
    {
      it: 'is silent where only two cannot talk to each other',
      series: {
        ...silence('a', 'b', '1x60'),
        ...silence('a', 'c', '0x60'),
        ...silence('b', 'a', '1x60'),
        ...silence('b', 'c', '0x60'),
        ...silence('c', 'a', '0x60'),
        ...silence('c', 'b', '0x60'),
      },
      silent: ['15m', '50m'],
    },
  ],
  TimeServicePeersUnknown: [
    {
      it: 'names a pod that has no peers among those that have',
      series: {
        ...present('a', 'b', 'c'),
        ...silence('a', 'b', '0x60'),
        ...silence('b', 'a', '0x60'),
        ...silence('c', 'a', '_x19 0x40'),
      },
      fires: [
        {
          at: '12m',
          labels: { ...INSTALL, ...pod('c'), severity: 'warning' },
          description: 'pod-c on c has no peers, though 3 nodes have pods.',
        },
      ],
      silent: ['5m', '25m'],
    },
    {
      it: 'is silent where there is one node',
      series: present('a'),
      silent: ['15m', '50m'],
    },
  ],
  TimeServiceTzdataOld: [
    {
      it: 'counts the pods that have an older release than this version carries',
      series: {
        ...own(PROCESS_METRICS.tzdbRelease, '2026.02x99 2026.03x60', pod('a')),
        ...own(PROCESS_METRICS.tzdbRelease, '2025.11x99 2026.03x60', pod('b')),
        ...own(PROCESS_METRICS.tzdbRelease, '2026.03x200', pod('c')),
      },
      fires: [
        {
          at: '1h5m',
          labels: { ...INSTALL, severity: 'warning' },
          description: '2 pods have a release of the tz database before 2026c.',
        },
      ],
      silent: ['50m', '1h45m'],
    },
    {
      it: 'is silent where pods have this release or a newer one',
      series: {
        ...own(PROCESS_METRICS.tzdbRelease, '2026.03x200', pod('a')),
        ...own(PROCESS_METRICS.tzdbRelease, '2027.01x200', pod('b')),
      },
      silent: ['2h'],
    },
  ],
  TimeServiceErrorBudget: [
    {
      it: 'wakes somebody soon where every tenth request fails, and stops soon after',
      every: '5m',
      series: { ...answered('200', `${GOOD_DAY} ${afterGoodDay(900)}`), ...answered('503', badQuarter(100)) },
      fires: [
        {
          at: '30h20m',
          ...burned('1h', 'critical', '2.5% failed, more than 14.4 times what the objective of 99.9 % allows.'),
        },
      ],
      silent: ['29h', '30h5m', '30h40m'],
    },
    {
      it: 'counts gRPC, and tells in daylight of what burns slowly',
      every: '5m',
      series: { ...called('OK', '0+998x600 598800x500'), ...called('INTERNAL', '0+2x600 1200x500') },
      fires: [
        { at: '8h', ...burned('3d', 'warning', '0.2% failed, more than 1 times what the objective of 99.9 % allows.') },
      ],
      silent: ['2m', '17h'],
    },
    {
      it: 'is silent where next to nobody asks and a few requests fail',
      series: { ...answered('200', '0x10 1+1x20'), ...answered('500', '0x10 1+1x4 5x30') },
      silent: ['15m', '18m', '30m'],
    },
    {
      it: 'is silent where callers are at fault',
      series: {
        ...answered('404', '0+1000x100'),
        ...answered('501', '0+1000x100'),
        ...called('INVALID_ARGUMENT', '0+1000x100'),
        ...called('UNAVAILABLE', '0+1000x100'),
      },
      silent: ['10m', '1h'],
    },
  ],
  TimeServiceLatencyBudget: [
    {
      it: 'fires where most answers are slow',
      every: '5m',
      series: timed(`${GOOD_DAY} ${afterGoodDay(1000)}`, `${GOOD_DAY} 1800100+100x14 1801500x30`),
      fires: [
        {
          at: '30h20m',
          ...burned(
            '1h',
            'critical',
            '22.5% took more than 25 ms, more than 14.4 times what the objective of 99 % allows.',
          ),
        },
      ],
      silent: ['29h', '30h5m', '30h40m'],
    },
    {
      it: 'is silent where fewer are slow than the objective allows',
      series: timed('0+1000x600', '0+991x600'),
      silent: ['1h', '8h'],
    },
  ],
  TimeServiceMetricsMissing: [
    {
      it: 'fires where nothing is scraped, until something is',
      series: own(PROCESS_METRICS.build, '1x4 _x20 1x20', pod('a')),
      fires: [
        {
          at: '20m',
          labels: { ...INSTALL, severity: 'warning' },
          description: 'Prometheus has had no metrics of time-service in time-service for ten minutes.',
        },
      ],
      silent: ['12m', '30m'],
    },
    {
      it: 'is silent where one pod is scraped, and while all are replaced',
      series: {
        ...own(PROCESS_METRICS.build, '1x10 _x5 1x40', pod('a')),
        ...own(PROCESS_METRICS.build, '1x10 _x50', pod('b')),
      },
      silent: ['16m', '50m'],
    },
  ],
  TimeServiceReplicasShort: [
    {
      it: 'counts the pods that are missing',
      series: { ...deployment('spec_replicas', '3x60'), ...deployment('status_replicas_available', '3x4 2x20 3x20') },
      fires: [
        {
          at: '16m',
          labels: { namespace: 'time-service', deployment: 'time-service', severity: 'warning' },
          description: '1 pods have been missing for ten minutes.',
        },
      ],
      silent: ['10m', '30m'],
    },
    {
      it: 'is critical at once where there is none',
      series: { ...deployment('spec_replicas', '3x60'), ...deployment('status_replicas_available', '3x4 0x4 3x20') },
      fires: [
        {
          at: '7m',
          labels: { namespace: 'time-service', deployment: 'time-service', severity: 'critical' },
          description: 'None of the pods of time-service in time-service is available.',
        },
      ],
      silent: ['4m', '15m'],
    },
    {
      it: 'is silent while the autoscaler’s new pods start, and in a rollout, which has pods to spare',
      series: {
        ...deployment('spec_replicas', '3x4 6x40'),
        ...deployment('status_replicas_available', '3x6 6x10 9x5 6x20'),
      },
      silent: ['6m', '20m', '30m'],
    },
  ],
  TimeServiceAutoscalerAtLimit: [
    {
      it: 'fires where the load asks for more pods than there may be',
      series: {
        ...autoscaler('status_current_replicas', '3x4 6x30 4x20'),
        ...autoscaler('spec_max_replicas', '6x60'),
        ...autoscaler('spec_min_replicas', '3x60'),
        ...autoscaler('status_condition', '0x4 1x30 0x20', { condition: 'ScalingLimited', status: 'true' }),
      },
      fires: [
        {
          at: '25m',
          labels: { namespace: 'time-service', horizontalpodautoscaler: 'time-service', severity: 'warning' },
          description:
            'For a quarter of an hour there have been 6 pods, as many as there may be, and the load asks for more.',
        },
      ],
      silent: ['15m', '45m'],
    },
    {
      it: 'is silent at a limit that is just enough, and at the lower one',
      series: {
        ...autoscaler('status_current_replicas', '6x30 3x30'),
        ...autoscaler('spec_max_replicas', '6x60'),
        ...autoscaler('spec_min_replicas', '3x60'),
        ...autoscaler('status_condition', '0x30 1x30', { condition: 'ScalingLimited', status: 'true' }),
      },
      silent: ['25m', '50m'],
    },
  ],
};

describe('the alerts', () => {
  let folder: string;

  before(function () {
    needTool(this, 'promtool', 'install the Debian package prometheus');
    folder = mkdtempSync(join(tmpdir(), 'alerts-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The rules, of alerts that one alone: those that look back for days take their time. */
  function writeRules(name?: string): void {
    const groups = ruleGroups(ENVIRONMENT).map(({ rules, ...group }) => ({
      ...group,
      rules: rules.filter((rule) => name === undefined || !('alert' in rule) || rule.alert === name),
    }));
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups }));
  }

  const promtool = (...args: string[]) => spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });

  it('are rules that Prometheus takes', () => {
    writeRules();
    const { status, stdout, stderr } = promtool('check', 'rules', 'rules.yaml');
    assert.equal(status, 0, stdout + stderr);
  });

  it('each have a case in which they fire and resolve, and one in which they do not', () => {
    assert.deepEqual(Object.keys(TIMELINES), [...new Set(ALERTS.map(({ alert }) => alert))]);
    for (const [name, timelines] of Object.entries(TIMELINES)) {
      assert.ok(
        timelines.some(({ fires }) => fires === undefined),
        name,
      );
      const firing = timelines.flatMap(
        ({ fires, silent }) => fires?.map(({ at }) => [at, silent.at(-1)!] as const) ?? [],
      );
      assert.ok(firing.length > 0, name);
      for (const [at, resolved] of firing) assert.ok(minutes(resolved) > minutes(at), `${name} at ${at}`);
    }
  });

  for (const [name, timelines] of Object.entries(TIMELINES)) {
    for (const { it: fact, series, fires = [], silent, every = '1m' } of timelines) {
      it(`${name} ${fact}`, () => {
        writeRules(name);
        const at = Object.groupBy(fires, (firing) => firing.at);
        const expectations = [...silent.map((time): [string, Firing[]] => [time, []]), ...Object.entries(at)];
        const test = {
          interval: '1m',
          input_series: Object.entries(series).map(([one, values]) => ({ series: one, values })),
          alert_rule_test: expectations.map(([time, firings = []]) => ({
            alertname: name,
            eval_time: time,
            exp_alerts: firings.map(({ labels, description }) => ({
              exp_labels: labels,
              exp_annotations: { ...annotationsOf(name, labels['severity']!), description },
            })),
          })),
        };
        const suite = { rule_files: ['rules.yaml'], evaluation_interval: every, tests: [test] };
        writeFileSync(join(folder, 'test.yaml'), JSON.stringify(suite));
        const { status, stdout, stderr } = promtool('test', 'rules', 'test.yaml');
        assert.equal(status, 0, stdout + stderr);
      });
    }
  }
});

describe('the runbooks', () => {
  const [, ...sections] = readFileSync(join(import.meta.dirname, '../../../docs/runbooks.md'), 'utf8').split(/^## /m);
  const runbooks = new Map(sections.map((section) => [section.split('\n')[0]!.toLowerCase(), section]));

  it('are one for each alert, at the end of its link', () => {
    const anchors = ALERTS.map(({ annotations }) => annotations.runbook_url.split('#')[1]!);
    assert.deepEqual([...runbooks.keys()], [...new Set(anchors)]);
  });

  it('say what it means, how to check and what to do', () => {
    for (const [name, text] of runbooks) {
      assert.deepEqual(text.match(/^\*\*(Means|Check|Do)\.\*\* \S/gm)?.length, 3, name);
    }
  });
});

/** What an alert says always, whatever the figures. */
function annotationsOf(name: string, severity: string) {
  return ALERTS.find(({ alert, labels }) => alert === name && labels['severity'] === severity)!.annotations;
}

function minutes(time: string): number {
  const [, hours = '0', rest = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?$/.exec(time) ?? [];
  return Number(hours) * 60 + Number(rest);
}
