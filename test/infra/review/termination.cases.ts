import { termination } from '../../../infra/review/rules/termination.ts';
import type { Case, RuleCases } from './cases.ts';
import { containerOf } from './install.ts';

const sleep =
  (seconds: number): Case['change'] =>
  (install) =>
    Object.assign(containerOf(install).lifecycle!.preStop!, { sleep: { seconds } });

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
      change: sleep(10),
      says: ['danger: clock is killed without time to end: preStop takes 10 s of 10 s.'],
    },
    {
      it: 'warns of a command that sleeps as long',
      change: (install) =>
        Object.assign(containerOf(install), {
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 12'] } } },
        }),
      says: ['danger: clock is killed without time to end: preStop takes 12 s of 10 s.'],
    },
    {
      it: 'warns of a grace period that the drain does not fit into',
      change: ({ deployment }) => Object.assign(deployment.spec!.template.spec!, { terminationGracePeriodSeconds: 2 }),
      says: [
        'danger: clock is killed before it has drained: preStop 1 s and its drain 2 s are more than the grace period of 2 s.',
      ],
    },
    { it: 'is silent about a preStop that leaves time enough', change: sleep(5), says: [] },
    {
      it: 'says that a pod ends while it is still named',
      change: (install) => Reflect.deleteProperty(containerOf(install), 'lifecycle'),
      says: ['effect: clock begins to end while endpoint lists still name it: it has no preStop.'],
    },
  ],
};
