/**
 * What one process does under a load, by two laws with two measured numbers each.
 *
 * Its processor: throughput = busy time ÷ time of a request. A request that finds the process asleep pays for waking it,
 * and the busier it is the fewer do: the time of a request is a − w·u.
 *
 * How long requests take: a queue before one server (M/G/1) has a wait whose tail falls off exponentially, the more slowly
 * the nearer the server is to being busy all the time, P(wait > t) ≈ u·exp(−t·(1 − u)/q); so that of a hundred requests the
 * slowest takes b + q·ln(100·u)/(1 − u), with u the share of time that the server is busy, b what a request takes without
 * a queue, and q the time that the queue is counted in: half of a request's own, and more as requests differ and as the
 * collector stops them all. Both are straight lines in what they are fitted to.
 * L. Kleinrock, Queueing Systems 1 (1975), section 5; J. Abate, G. L. Choudhury, W. Whitt, Exponential approximations for
 * tail probabilities in queues (1995).
 */

/** One load as it was measured. */
export interface Sample {
  readonly requestsPerSecond: number;
  /** The share of one core. */
  readonly cores: number;
  readonly p99Ms: number;
}

export interface Model {
  /** The processor time of a request that comes alone, and how much less it would be on a core that never sleeps. */
  readonly aloneSeconds: number;
  readonly savedSeconds: number;
  readonly unqueuedMs: number;
  readonly queueMs: number;
}

/** The share of a core at which one thread is taken to be busy all the time. */
const MOST_CORES = 0.99;

/** @param samples two at the least, at different loads */
export function fitModel(samples: readonly Sample[]): Model {
  const cpu = fitLine(samples.map(({ requestsPerSecond, cores }) => ({ x: cores, y: cores / requestsPerSecond })));
  const time = fitLine(samples.map(({ cores, p99Ms }) => ({ x: queueingAt(cores), y: p99Ms })));
  return {
    aloneSeconds: cpu.intercept,
    savedSeconds: -cpu.slope,
    unqueuedMs: time.intercept,
    queueMs: time.slope,
  };
}

/** What a load makes of one process. */
export function predict(model: Model, requestsPerSecond: number): Sample {
  const { aloneSeconds, savedSeconds } = model;
  const cores = (requestsPerSecond * aloneSeconds) / (1 + requestsPerSecond * savedSeconds);
  return {
    requestsPerSecond,
    cores,
    p99Ms: cores >= MOST_CORES ? Infinity : model.unqueuedMs + model.queueMs * queueingAt(cores),
  };
}

/** The load that takes a share of a core. */
export function rateAt({ aloneSeconds, savedSeconds }: Model, cores: number): number {
  return cores / (aloneSeconds - savedSeconds * cores);
}

/** ln(100·u)/(1 − u): nothing for a server that is busy less than a hundredth of the time. */
function queueingAt(cores: number): number {
  const busy = Math.min(cores, MOST_CORES);
  return Math.log(Math.max(1, 100 * busy)) / (1 - busy);
}

/** The line whose errors, relative to what was measured, have the least sum of squares. */
function fitLine(points: readonly { readonly x: number; readonly y: number }[]): { intercept: number; slope: number } {
  let [sum, sumX, sumXX, sumY, sumXY] = [0, 0, 0, 0, 0];
  for (const { x, y } of points) {
    const weight = 1 / y ** 2;
    sum += weight;
    sumX += weight * x;
    sumXX += weight * x * x;
    sumY += weight * y;
    sumXY += weight * x * y;
  }
  const slope = (sum * sumXY - sumX * sumY) / (sum * sumXX - sumX * sumX);
  return { intercept: (sumY - slope * sumX) / sum, slope };
}
