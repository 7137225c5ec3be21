import { termination } from '../../../infra/review/rules/termination.ts';
import type { Case, RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

const sleep =
  (seconds: number): Case['change'] =>
  (install) =>
    Object.assign(containerOf(install).lifecycle!.preStop!, { sleep: { seconds } });

const setDrain =
  (value: string): Case['change'] =>
  (install) => {
    containerOf(install).env![0]!.value = value;
  };

export const terminationCases: RuleCases = {
  rule: termination,
  cases: [
    {
      it: 'refuses a preStop longer than the grace period',
      change: sleep(11),
      says: ['danger: Apply fails: clock sleeps 11 s in preStop, longer than the grace period of 10 s.'],
    },
    {
      it: 'warns of a preStop that takes the whole grace period',
      before: setDrain('0'),
      change: sleep(10),
      says: [
        'danger: clock is killed unless it ends within 2 s: its preStop of 10 s takes all of the grace period of 10 s.',
      ],
    },
    {
      it: 'warns of a command that sleeps as long',
      before: setDrain('0'),
      change: (install) =>
        Object.assign(containerOf(install), {
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 12'] } } },
        }),
      says: [
        'danger: clock is killed unless it ends within 2 s: its preStop of 12 s takes all of the grace period of 10 s.',
      ],
    },
    {
      it: 'warns of a grace period that the drain does not fit into',
      before: setDrain('4000'),
      change: ({ deployment }) => Object.assign(deployment.spec!.template.spec!, { terminationGracePeriodSeconds: 4 }),
      says: [
        'danger: clock is killed before it has drained: preStop 1 s and its drain 4 s take all of the grace period of 4 s.',
      ],
    },
    {
      it: 'warns of a longer drain, which no longer fits into the grace period',
      change: setDrain('12000'),
      says: [
        'danger: clock is killed before it has drained: preStop 1 s and its drain 12 s take all of the grace period of 10 s.',
      ],
    },
    {
      it: 'is silent about a shorter grace period that the drain still fits into',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.spec!, { terminationGracePeriodSeconds: 5 }),
      says: [],
    },
    { it: 'is silent about a preStop that leaves time enough', change: sleep(5), says: [] },
    {
      it: 'says that a pod ends while it is still named',
      change: (install) => Reflect.deleteProperty(containerOf(install), 'lifecycle'),
      says: ['effect: clock begins to end while endpoint lists still name it: it has no preStop.'],
    },
  ],
};
