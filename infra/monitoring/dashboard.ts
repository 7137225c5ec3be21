/**
 * The dashboard, from what callers see down to what explains it: the service, the clock, the other nodes, the rollouts. It
 * needs nothing but the service's own metrics. test/cluster/monitoring.test.ts asks a real Prometheus each of its queries.
 */
import { DashboardBuilder, DatasourceVariableBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

import {
  CLOCK_METRICS,
  GRPC_METRICS,
  HTTP_METRICS,
  PEER_METRICS,
  PROCESS_METRICS,
} from '../../app/telemetry/metric-names.ts';
import type { Environment } from '../environments.ts';
import { bucketsOf, OWN_NODE, selectFrom } from './query.ts';
import { RECORDED } from './recordings.ts';

const DATASOURCE = 'datasource';
/** A rate over fewer scrapes than this window holds would have holes; Grafana puts the time in. */
const WINDOW = '$__rate_interval';
const PANELS_A_ROW = 3;
const GRID_COLUMNS = 24;

export interface Panel {
  readonly title: string;
  /** As Grafana names it: `s`, `reqps`, `percentunit`; without one it is a number. */
  readonly unit?: string;
  readonly description: string;
  /** By what the legend calls their series. */
  readonly queries: Readonly<Record<string, string>>;
}

/** The panels in rows, by the rows' titles. */
export function panelsOf(environment: Environment): Readonly<Record<string, readonly Panel[]>> {
  const select = selectFrom(environment);
  const perNode = (expr: string) => `max by (${OWN_NODE}) (${expr})`;
  const rate = (series: string) => `rate(${series}[${WINDOW}])`;
  const quantile = (part: number, names: typeof HTTP_METRICS | typeof GRPC_METRICS) =>
    `histogram_quantile(${part}, sum by (le) (${rate(select(bucketsOf(names)))}))`;
  const offset = select(PEER_METRICS.offset);
  const uncertainty = select(PEER_METRICS.uncertainty);
  const startTime = select(PROCESS_METRICS.startTime);
  return {
    Service: [
      {
        title: 'Requests',
        unit: 'reqps',
        description: 'Requests answered in a second.',
        queries: {
          HTTP: `sum(${rate(select(HTTP_METRICS.requests))})`,
          gRPC: `sum(${rate(select(GRPC_METRICS.requests))})`,
          '{{status}}': `sum by (status) (${rate(select(HTTP_METRICS.requests, { status: '=~5..' }))})`,
        },
      },
      {
        title: 'Budgets',
        unit: 'percentunit',
        description: 'The part of requests that failed or were slow, over five minutes.',
        queries: {
          failed: `${select(RECORDED.failures)} / ${select(RECORDED.requests)}`,
          slow: `${select(RECORDED.slow)} / ${select(RECORDED.timed)}`,
        },
      },
      {
        title: 'Latency',
        unit: 's',
        description: 'How long answers take within the service.',
        queries: {
          'HTTP, half': quantile(0.5, HTTP_METRICS),
          'HTTP, 99 %': quantile(0.99, HTTP_METRICS),
          'gRPC, 99 %': quantile(0.99, GRPC_METRICS),
        },
      },
    ],
    Clock: [
      {
        title: 'Bound',
        unit: 's',
        description: 'How far true time can be from the clock of each node; nothing where that is not known.',
        queries: { [`{{${OWN_NODE}}}`]: perNode(select(CLOCK_METRICS.bound)) },
      },
      {
        title: 'State and sources',
        description: 'Nodes whose clock is in each state, and those on which each source of time has each verdict.',
        queries: {
          '{{state}}': `sum by (state) (max by (${OWN_NODE}, state) (${select(CLOCK_METRICS.state)}))`,
          '{{source}} {{verdict}}': `sum by (source, verdict) (max by (${OWN_NODE}, source, verdict) (${select(CLOCK_METRICS.sourceVerdict)})) > 0`,
        },
      },
      {
        title: 'Steps',
        description: 'Steps of the clock of each node in the last five minutes, and how far the last one set it.',
        queries: {
          [`{{${OWN_NODE}}} {{direction}}`]: `max by (${OWN_NODE}, direction) (increase(${select(CLOCK_METRICS.steps)}[5m]))`,
          [`{{${OWN_NODE}}}, seconds`]: perNode(select(CLOCK_METRICS.lastStep)),
        },
      },
    ],
    Peers: [
      {
        title: 'Offset',
        unit: 's',
        description:
          'The clock of each node minus those of the nodes that ask it: the true offset lies between the ends.',
        queries: {
          '{{node}}, at most': `max by (node) (${offset} + ${uncertainty})`,
          '{{node}}': `quantile by (node) (0.5, ${offset})`,
          '{{node}}, at least': `min by (node) (${offset} - ${uncertainty})`,
        },
      },
      {
        title: 'Skew',
        unit: 's',
        description:
          'By how much the clock of each node is apart from that of another at least, and what is tolerated.',
        queries: {
          '{{node}}': `max by (node) (${select(RECORDED.skew)})`,
          tolerated: `min(${select(PEER_METRICS.tolerance)})`,
        },
      },
      {
        title: 'Lost and outvoted',
        description: 'By how many nodes each is not heard, and nodes which most others disagree with.',
        queries: {
          '{{node}} not heard': `sum by (node) (${select(PEER_METRICS.silent)})`,
          [`{{${OWN_NODE}}} outvoted`]: perNode(select(PEER_METRICS.outvoted)),
        },
      },
    ],
    Rollouts: [
      {
        title: 'Pods by version',
        description: 'Pods that are scraped, by version and commit.',
        queries: { '{{version}} {{revision}}': `count by (version, revision) (${select(PROCESS_METRICS.build)})` },
      },
      {
        title: 'Starts',
        description: 'Pods that started in the last five minutes.',
        queries: { started: `count(time() - ${startTime} < 300) or 0 * count(${startTime})` },
      },
      {
        title: 'Time zone data',
        description: 'Pods by the release of the tz database that they have.',
        queries: { '{{version}}': `count by (version) (${select(PROCESS_METRICS.tzdb)})` },
      },
    ],
  };
}

export function dashboardOf(environment: Environment): Dashboard {
  const { name, namespace } = environment;
  const datasource = { type: 'prometheus', uid: `\${${DATASOURCE}}` };
  const dashboard = new DashboardBuilder(`${name} in ${namespace}`)
    .uid(`${namespace}-${name}`)
    .tags([name])
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .withVariable(new DatasourceVariableBuilder(DATASOURCE).type('prometheus'));
  for (const [title, panels] of Object.entries(panelsOf(environment))) {
    dashboard.withRow(new RowBuilder(title));
    for (const { title: panelTitle, unit = 'short', description, queries } of panels) {
      const panel = new PanelBuilder()
        .title(panelTitle)
        .description(description)
        .unit(unit)
        .datasource(datasource)
        .span(GRID_COLUMNS / PANELS_A_ROW);
      for (const [index, [legend, expr]] of Object.entries(queries).entries()) {
        const refId = String.fromCodePoint('A'.codePointAt(0)! + index);
        panel.withTarget(new DataqueryBuilder().refId(refId).range().expr(expr).legendFormat(legend));
      }
      dashboard.withPanel(panel);
    }
  }
  return dashboard.build();
}
