/** What was measured of the service on one core, and what follows from it. `make capacity` measures anew. */
import { readFileSync } from 'node:fs';

import { fitModel, type Sample } from './model.ts';
import { planCapacity, type Demand, type Plan } from './plan.ts';

export const MEASURED_FILE = new URL('./measured.json', import.meta.url);

export interface Measured {
  readonly machine: string;
  /** What was asked for, over HTTP. */
  readonly path: string;
  /** The most requests a second, asked as fast as they are answered. */
  readonly saturation: number;
  readonly fitted: readonly Sample[];
  /** What the model has to predict. */
  readonly checks: readonly Sample[];
  /** The most that a process took, under the heaviest load of any kind, with the heap that the image gives it. */
  readonly memoryMebibytes: number;
}

export const MEASURED = JSON.parse(readFileSync(MEASURED_FILE, 'utf8')) as Measured;

export const MODEL = fitModel(MEASURED.fitted);

/** The busiest that a process was when the model was checked: beyond that it is not to be trusted. */
export const BUSIEST_CORES = Math.max(...MEASURED.checks.map(({ cores }) => cores));

export function planMeasured(demand: Demand): Plan {
  const { memoryMebibytes } = MEASURED;
  return planCapacity(demand, { model: MODEL, busiestCores: BUSIEST_CORES, memoryMebibytes });
}
