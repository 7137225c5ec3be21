/**
 * Says what a change of the manifests will do. A diff of YAML tells a reviewer which lines differ; whether pods restart, an
 * apply fails, a drain blocks or a port opens has to be guessed from them. Exits with 0 where nothing changes, 1 where
 * something does, 2 where it is dangerous, and 3 where it could not be told.
 */
import { parseArgs } from 'node:util';

import { Advice } from './cluster/command.ts';
import { groupInstalls } from './review/installs.ts';
import { renderMarkdown } from './review/markdown.ts';
import { countDangers, reviewInstalls, type Report } from './review/report.ts';
import { findMergeBase, readDist, readPath, readSynth } from './review/sources.ts';
import { renderText } from './review/text.ts';

const USAGE = `usage: node infra/review.ts [--json | --markdown] [--base REF]
         what infra/ makes now, beside dist/ at a commit; without one, where this branch left main
       node infra/review.ts [--json | --markdown] BEFORE AFTER
         two files or folders of any project
       node infra/review.ts [--json | --markdown] --live [--env NAME] [--context NAME] [--image NAME]
         what infra/ makes for an environment, beside the cluster of a context
`;

const EXIT_CODES = { same: 0, changed: 1, dangerous: 2, failed: 3 } as const;

const OPTIONS = {
  base: { type: 'string' },
  context: { type: 'string' },
  env: { type: 'string' },
  help: { type: 'boolean' },
  image: { type: 'string' },
  json: { type: 'boolean' },
  live: { type: 'boolean' },
  markdown: { type: 'boolean' },
} as const;

function readArguments(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new Advice(`${(error as Error).message}\n${USAGE}`, { cause: error });
  }
}

type Arguments = ReturnType<typeof readArguments>;

async function review({ values, positionals }: Arguments): Promise<Report> {
  const { base, context, env, image, live } = values;
  if (live && positionals.length === 0 && base === undefined) {
    const [{ findTarget }, { readLive }] = await Promise.all([
      import('./cluster/target.ts'),
      import('./review/live.ts'),
    ]);
    const { before, after, refusals } = await readLive(await findTarget(env, context), image);
    return reviewInstalls(new Map([['', before]]), new Map([['', after]]), refusals);
  }
  const [from, to] = positionals;
  if (live || positionals.length === 1 || positionals.length > 2 || (from !== undefined && base !== undefined)) {
    throw new Advice(USAGE);
  }
  const { before, after } =
    from !== undefined && to !== undefined
      ? groupInstalls(readPath(from), readPath(to))
      : groupInstalls(readDist(base ?? findMergeBase()), await readSynth());
  return reviewInstalls(before, after);
}

function judge(report: Report): number {
  if (report.length === 0) return EXIT_CODES.same;
  return countDangers(report) > 0 ? EXIT_CODES.dangerous : EXIT_CODES.changed;
}

function render(report: Report, { json, markdown }: Arguments['values']): string {
  if (json) return JSON.stringify(report, null, 2);
  return markdown ? renderMarkdown(report) : renderText(report);
}

try {
  const given = readArguments(process.argv.slice(2));
  if (given.values.help) {
    process.stdout.write(USAGE);
  } else {
    const report = await review(given);
    process.stdout.write(`${render(report, given.values)}\n`);
    process.exitCode = judge(report);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Advice ? error.message : (error as Error).stack}\n`);
  process.exitCode = EXIT_CODES.failed;
}
