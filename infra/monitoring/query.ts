/**
 * Queries in PromQL over the series of one install. Metrics and labels are named by app/telemetry/metric-names.ts; a series
 * is that of the install where its namespace and job say so, which scrape.ts gives it.
 */
import type { MetricName, RequestMetricNames } from '../../app/telemetry/metric-names.ts';
import type { Environment } from '../environments.ts';

/** The label that scrape.ts gives every series: the node that the pod runs on, and whose clock it reads. */
export const OWN_NODE = 'own_node';

/** What all series of an install have in common. */
export const INSTALL = 'namespace, job';

/** Values that labels must have, or must not with `!=`, or must match with `=~` in front. */
export type Matchers<Label extends string> = Readonly<Partial<Record<Label, string>>>;

/** Selects the series of a metric. */
export type Select = <Label extends string>(metric: MetricName<Label>, matchers?: Matchers<Label>) => string;

export function selectFrom({ name, namespace }: Environment): Select {
  return ({ name: metric }, matchers) => selector(metric, { namespace, job: name, ...matchers });
}

/** A metric with its matchers: `up{job="a",code!="b"}`. */
export function selector(metric: string, matchers: Readonly<Record<string, string | undefined>>): string {
  const texts = Object.entries(matchers).map(([label, text = '']) => {
    const [, operator = '=', value = ''] = /^(!=|=~|!~)?(.*)$/.exec(text) ?? [];
    return `${label}${operator}"${value}"`;
  });
  return `${metric}{${texts.join(',')}}`;
}

/** How many durations a histogram holds. */
export function countOf({ duration }: RequestMetricNames<string>): MetricName<never> {
  return { name: `${duration.name}_count`, labelNames: [] };
}

/** How many of them each bucket holds. */
export function bucketsOf({ duration }: RequestMetricNames<string>): MetricName<'le'> {
  return { name: `${duration.name}_bucket`, labelNames: ['le'] };
}
