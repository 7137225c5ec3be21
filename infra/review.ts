/**
 * Says what a change of the manifests will do. A diff of YAML tells a reviewer which lines differ; whether pods restart, an
 * apply fails, a drain blocks or a port opens has to be guessed from them. Exits with 0 where nothing changes, 1 where
 * something does, 2 where it is dangerous, and 3 where it could not be told.
 */
import { parseArgs } from 'node:util';

import { groupInstalls, type Files } from './review/installs.ts';
import { countDangers, reviewInstalls, type Report } from './review/report.ts';
import { findMergeBase, readDist, readPath, readSynth } from './review/sources.ts';
import { renderText } from './review/text.ts';

const USAGE = `usage: node infra/review.ts [--base REF] [BEFORE AFTER]
  BEFORE AFTER  two files or folders of any project; without them dist/ at the base and what infra/ makes now
  --base REF    the commit to compare with, instead of where this branch left main
`;

const EXIT_CODES = { same: 0, changed: 1, dangerous: 2, failed: 3 } as const;

function main(args: string[]): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { base: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return EXIT_CODES.same;
  }
  const { before, after } = groupInstalls(...readStates(positionals, values.base));
  const report = reviewInstalls(before, after);
  process.stdout.write(`${renderText(report)}\n`);
  return judge(report);
}

function readStates(paths: readonly string[], base: string | undefined): [Files, Files] {
  if (paths.length === 0) return [readDist(base ?? findMergeBase()), readSynth()];
  const [before, after] = paths;
  if (paths.length !== 2 || base !== undefined)
    throw new Error(`Expected BEFORE and AFTER alone, got ${paths.join(' ')}`);
  return [readPath(before!), readPath(after!)];
}

function judge(report: Report): number {
  if (report.length === 0) return EXIT_CODES.same;
  return countDangers(report) > 0 ? EXIT_CODES.dangerous : EXIT_CODES.changed;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = EXIT_CODES.failed;
}
