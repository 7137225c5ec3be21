/**
 * Counts requests. A counter and a histogram of prom-client cost a tenth of a request each time; here a request adds to
 * plain cells, and prom-client sees them when it is scraped.
 */
import { Counter, Gauge, Histogram, type MetricType, type Registry } from 'prom-client';

import { DURATION_BUCKETS_SECONDS, type RequestMetricNames } from './metric-names.ts';

/** The metrics of one protocol: how many requests of which kind, how long they took, how many are in flight. */
export class RequestMetrics<Label extends string> {
  readonly #counts = new Map<string, { labels: Record<Label, string>; count: number }>();
  readonly #bucketCounts = new Float64Array(DURATION_BUCKETS_SECONDS.length + 1);
  #secondsSum = 0;
  #inFlight = 0;

  /**
   * @param names with the labels that tell kinds of requests apart; their values must come from a finite set
   */
  constructor(registry: Registry, { requests, inFlight, duration }: RequestMetricNames<Label>) {
    const counts = this.#counts;
    new Counter({
      ...requests,
      help: `Requests answered, by ${requests.labelNames.join(', ')}.`,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, count } of counts.values()) this.inc(labels, count);
      },
    });
    const readInFlight = () => this.#inFlight;
    new Gauge({
      ...inFlight,
      help: 'Requests that are being answered.',
      registers: [registry],
      collect() {
        this.set(readInFlight());
      },
    });
    registry.registerMetric(new CellHistogram(duration.name, this.#bucketCounts, () => this.#secondsSum));
  }

  begin(): void {
    this.#inFlight += 1;
  }

  /**
   * @param key tells the kind apart, and is made of the labels' values
   * @param labelsOf is called for the first request of a kind
   * @param seconds undefined for a stream, whose length is no measure of how quickly it was answered
   */
  end(key: string, labelsOf: () => Record<Label, string>, seconds: number | undefined): void {
    this.#inFlight -= 1;
    const cell = this.#counts.get(key);
    if (cell) cell.count += 1;
    else this.#counts.set(key, { labels: labelsOf(), count: 1 });
    if (seconds === undefined) return;
    let bucket = 0;
    while (seconds > (DURATION_BUCKETS_SECONDS[bucket] ?? Infinity)) bucket += 1;
    this.#bucketCounts[bucket] = (this.#bucketCounts[bucket] ?? 0) + 1;
    this.#secondsSum += seconds;
  }
}

/** prom-client's types have an enum of numbers for what are strings at run time. */
const HISTOGRAM = 'histogram' as unknown as MetricType;

const HELP = 'How long requests took to answer.';

class CellHistogram extends Histogram {
  readonly #name: string;
  readonly #counts: Float64Array;
  readonly #sum: () => number;

  constructor(name: string, counts: Float64Array, sum: () => number) {
    super({ name, help: HELP, buckets: [...DURATION_BUCKETS_SECONDS], registers: [] });
    this.#name = name;
    this.#counts = counts;
    this.#sum = sum;
  }

  override async get() {
    let count = 0;
    const buckets = Array.from(this.#counts, (own, index) => {
      count += own;
      return {
        metricName: `${this.#name}_bucket`,
        labels: { le: DURATION_BUCKETS_SECONDS[index] ?? '+Inf' },
        value: count,
      };
    });
    const sum = { metricName: `${this.#name}_sum`, labels: {}, value: this.#sum() };
    const values = [...buckets, sum, { metricName: `${this.#name}_count`, labels: {}, value: count }];
    return { name: this.#name, help: HELP, type: HISTOGRAM, aggregator: 'sum' as const, collect: () => {}, values };
  }

  /** What the registry prefers to `get` where a metric has it. */
  getForPromString() {
    return this.get();
  }
}
