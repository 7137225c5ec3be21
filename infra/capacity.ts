/** `node infra/capacity.ts --rps 50000 --p99 5ms`: what a load takes, by the model of docs/capacity.md. */
import { parseArgs } from 'node:util';

import { planMeasured } from './capacity/measured.ts';
import { lostWithNode, type Demand, type Plan } from './capacity/plan.ts';

/** Of AWS Fargate in us-east-1, Linux on x86, in November 2026: https://aws.amazon.com/fargate/pricing/ */
const DOLLARS = { coreHour: 0.040_48, gibibyteHour: 0.004_445 };

function readDemand(): Demand {
  const { values } = parseArgs({ options: { rps: { type: 'string' }, p99: { type: 'string' } } });
  return {
    requestsPerSecond: readNumber('--rps', values.rps, /^(\d{1,9})$/, 'a whole number'),
    p99Ms: readNumber('--p99', values.p99, /^(\d{1,5}(?:\.\d+)?)ms$/, 'milliseconds such as 5ms'),
  };
}

function readNumber(name: string, text: string | undefined, form: RegExp, expected: string): number {
  const [, digits] = form.exec(text ?? '') ?? [];
  if (digits !== undefined && Number(digits) > 0) return Number(digits);
  throw new Error(`Expected ${expected} for ${name}, got ${JSON.stringify(text)}`);
}

function describe({ requestsPerSecond }: Demand, plan: Plan): string {
  const { replicas, cpuRequestMillis, memoryMebibytes, cpuTargetPercent, maxSurgePercent } = plan;
  const { podRequestsPerSecond: pod, p99Ms } = plan;
  const pods = replicas.max;
  const surge = Math.ceil((pods * maxSurgePercent) / 100);
  const dollarsAnHour = (cpuRequestMillis / 1000) * DOLLARS.coreHour + (memoryMebibytes / 1024) * DOLLARS.gibibyteHour;
  const left = pods - lostWithNode(pods);
  return [
    `pods         ${pods}, and ${replicas.min} at the least`,
    `each         requests ${cpuRequestMillis}m of CPU and ${memoryMebibytes}Mi, and serves ${count(pod.usual)}/s, at most ${count(pod.most)}/s`,
    `autoscaler   at ${cpuTargetPercent} % of the request: load may grow ${(pod.most / pod.usual).toFixed(1)}-fold while a pod starts`,
    `p99          ${p99Ms.usual.toFixed(1)} ms, at most ${p99Ms.most.toFixed(1)} ms`,
    `rollout      ${surge} more pods for its time: room for ${((pods + surge) * cpuRequestMillis) / 1000} cores in all`,
    `node lost    of three nodes: ${left} pods are left, at ${count(requestsPerSecond / left)}/s each`,
    `cost         $${((dollarsAnHour / (pod.usual * 3600)) * 1e6).toFixed(4)} a million requests, by AWS Fargate's prices`,
  ].join('\n');
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

try {
  const demand = readDemand();
  process.stdout.write(`${describe(demand, planMeasured(demand))}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
