/**
 * Counts requests. A counter and a histogram of prom-client cost a tenth of a request each time; here a request adds to
 * plain cells, and prom-client sees them when it is scraped.
 */
import { Counter, Gauge, Histogram, type MetricType, type Registry } from 'prom-client';

/** Answers take tens of microseconds; the buckets are fit to tell 100 µs from 250 µs, and a second from ten. */
const BUCKETS_SECONDS = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 10];

/** The metrics of one protocol: how many requests of which kind, how long they took, how many are in flight. */
export class RequestMetrics<Label extends string> {
  readonly #counts = new Map<string, { labels: Record<Label, string>; count: number }>();
  readonly #bucketCounts = new Float64Array(BUCKETS_SECONDS.length + 1);
  #secondsSum = 0;
  #inFlight = 0;

  /**
   * @param protocol the metrics' prefix: `http` gives `http_requests_total`
   * @param labelNames what tells kinds of requests apart; their values must come from a finite set
   */
  constructor(registry: Registry, protocol: string, labelNames: readonly Label[]) {
    const counts = this.#counts;
    new Counter({
      name: `${protocol}_requests_total`,
      help: `Requests answered, by ${labelNames.join(', ')}.`,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const { labels, count } of counts.values()) this.inc(labels, count);
      },
    });
    const inFlight = () => this.#inFlight;
    new Gauge({
      name: `${protocol}_requests_in_flight`,
      help: 'Requests that are being answered.',
      registers: [registry],
      collect() {
        this.set(inFlight());
      },
    });
    registry.registerMetric(
      new CellHistogram(`${protocol}_request_duration_seconds`, this.#bucketCounts, () => this.#secondsSum),
    );
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
    while (seconds > (BUCKETS_SECONDS[bucket] ?? Infinity)) bucket += 1;
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
    super({ name, help: HELP, buckets: BUCKETS_SECONDS, registers: [] });
    this.#name = name;
    this.#counts = counts;
    this.#sum = sum;
  }

  override async get() {
    let count = 0;
    const buckets = Array.from(this.#counts, (own, index) => {
      count += own;
      return { metricName: `${this.#name}_bucket`, labels: { le: BUCKETS_SECONDS[index] ?? '+Inf' }, value: count };
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
