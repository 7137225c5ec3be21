/** What has changed between two reports of the service's clock, in a sentence each. */
import { formatDuration } from './format.ts';

/** `/v1/clock` and the `clock` event, as far as this page reads them. */
export interface ClockReport {
  readonly instant: string;
  readonly clock: { readonly state: string; readonly boundUs: number | null };
  readonly leap: 'none' | 'insert' | 'delete';
  readonly steps: { readonly last: { readonly number: number; readonly sizeUs: number } | null };
  readonly sources: readonly { readonly name: string; readonly verdict: string }[];
}

export const STATES: Readonly<Record<string, string>> = {
  synchronized: 'synchronised',
  'free-running': 'free-running: its bound grows',
  unsynchronized: 'not synchronised',
  unknown: 'without a bound',
};

export function nameState(state: string): string {
  return STATES[state] ?? state;
}

/** @param before undefined for the first report, which is no change but where the story begins */
export function describeChanges(before: ClockReport | undefined, after: ClockReport): string[] {
  const changes: string[] = [];
  const step = after.steps.last;
  if (before && step && step.number !== before.steps.last?.number) {
    const way = step.sizeUs > 0 ? 'forward' : 'back';
    changes.push(`The service’s clock was set ${way} by ${formatDuration(step.sizeUs / 1000)}.`);
  }
  if (before?.clock.state !== after.clock.state) {
    changes.push(`The service’s clock is ${before ? 'now ' : ''}${nameState(after.clock.state)}.`);
  }
  for (const { name, verdict } of after.sources) {
    const earlier = before?.sources.find((source) => source.name === name)?.verdict;
    if (before && verdict !== earlier) changes.push(`${name} ${tellVerdict(verdict)}.`);
  }
  if (after.leap !== 'none' && after.leap !== before?.leap) {
    changes.push(`At the end of the month a leap second is ${after.leap === 'insert' ? 'inserted' : 'left out'}.`);
  }
  return changes;
}

const VERDICTS: Readonly<Record<string, string>> = {
  agrees: 'agrees',
  contradicts: 'contradicts the others',
  smeared: 'smears leap seconds and is not counted',
  silent: 'is silent',
};

export function tellVerdict(verdict: string): string {
  return VERDICTS[verdict] ?? verdict;
}

/** `kernel agrees, time.example.com is silent`. */
export function listSources({ sources }: ClockReport): string {
  return sources.map(({ name, verdict }) => `${name} ${tellVerdict(verdict)}`).join(', ');
}
