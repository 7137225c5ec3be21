/**
 * From a load and how long answers may take to what the manifests say: how many pods, what each requests, when the
 * autoscaler adds some. A pod is as large as its one thread may be busy for the answers to be in time. The autoscaler aims
 * at a share of that, because load goes on growing while it looks, and while a pod starts.
 */
import { predict, rateAt, type Model } from './model.ts';

export interface Demand {
  /** The most that is to be served. */
  readonly requestsPerSecond: number;
  /** What 99 of 100 answers may take, the network included. */
  readonly p99Ms: number;
  /** How large a pod may be, where nodes are small; a whole core without it. */
  readonly mostCores?: number;
}

export interface Plan {
  readonly replicas: { readonly min: number; readonly max: number };
  readonly cpuRequestMillis: number;
  /** The limit too: memory that may be taken away is no memory. */
  readonly memoryMebibytes: number;
  /** The autoscaler's target, as a share of the request. */
  readonly cpuTargetPercent: number;
  readonly maxSurgePercent: number;
  /** What a pod serves at the target, and at its request. */
  readonly podRequestsPerSecond: { readonly usual: number; readonly most: number };
  /** The p99 at the target and at the request, the network included. */
  readonly p99Ms: { readonly usual: number; readonly most: number };
}

/** A clock with fewer than three nodes to compare knows of no majority. */
const FEWEST_PODS = 3;
/** Pods are spread over as many nodes at the least. */
const FEWEST_NODES = 3;

const CPU_TARGET_PERCENT = 60;
/** With none to spare, a rollout that doubles no pods adds them half by half. */
const MAX_SURGE_PERCENT = 50;
const CPU_STEP_MILLIS = 50;
const MEMORY_STEP_MEBIBYTES = 32;
/** What a process may take more than it was seen to take. */
const MEMORY_MARGIN = 1.1;

/** What the way to a pod and back takes, of 99 in 100: within a zone, through kube-proxy's rules. */
const NETWORK_MS = 1;

/**
 * @param busiestCores what the model may be trusted with
 * @throws Error for answers that are wanted sooner than an idle pod gives them
 */
export function planCapacity(
  demand: Demand,
  { model, busiestCores, memoryMebibytes }: { model: Model; busiestCores: number; memoryMebibytes: number },
): Plan {
  const mostCores = Math.min(demand.mostCores ?? 1, busiestCores);
  const cpuRequestMillis = findCpuMillis(model, mostCores, demand.p99Ms - NETWORK_MS);
  const most = rateAt(model, cpuRequestMillis / 1000);
  const usual = rateAt(model, (cpuRequestMillis / 1000) * (CPU_TARGET_PERCENT / 100));
  const p99At = (rate: number) => predict(model, rate).p99Ms + NETWORK_MS;
  return {
    replicas: { min: FEWEST_PODS, max: countPods(demand.requestsPerSecond, usual, most) },
    cpuRequestMillis,
    memoryMebibytes: roundUp(memoryMebibytes * MEMORY_MARGIN, MEMORY_STEP_MEBIBYTES),
    cpuTargetPercent: CPU_TARGET_PERCENT,
    maxSurgePercent: MAX_SURGE_PERCENT,
    podRequestsPerSecond: { usual, most },
    p99Ms: { usual: p99At(usual), most: p99At(most) },
  };
}

/** The largest request at which answers are in time even when all of it is used. */
function findCpuMillis(model: Model, mostCores: number, p99Ms: number): number {
  for (let millis = roundDown(mostCores * 1000, CPU_STEP_MILLIS); millis > 0; millis -= CPU_STEP_MILLIS) {
    if (predict(model, rateAt(model, millis / 1000)).p99Ms <= p99Ms) return millis;
  }
  const soonestMs = model.unqueuedMs + NETWORK_MS;
  throw new Error(`Expected a p99 of more than ${soonestMs.toFixed(1)} ms, got ${p99Ms + NETWORK_MS} ms`);
}

/** Enough for the target; and those that a lost node leaves are enough for the request. */
function countPods(requestsPerSecond: number, usual: number, most: number): number {
  let pods = Math.max(FEWEST_PODS, Math.ceil(requestsPerSecond / usual));
  while ((pods - lostWithNode(pods)) * most < requestsPerSecond) pods += 1;
  return pods;
}

/** How many pods are gone with a node, when there are no more nodes than there have to be. */
export function lostWithNode(pods: number): number {
  return Math.ceil(pods / FEWEST_NODES);
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

function roundDown(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
