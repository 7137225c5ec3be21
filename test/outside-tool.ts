/** Tests that need a program from outside skip where it is missing, and fail there in CI: a skip must not pass for proof. */
import { spawnSync } from 'node:child_process';

/**
 * Skips the running test, or fails it with `CI=true`, where a program is not on the PATH.
 *
 * @param install what to run to have it
 */
export function needTool(context: Mocha.Context, program: string, install: string): void {
  if (spawnSync('which', [program]).status === 0) return;
  if (process.env['CI'] === 'true') throw new Error(`${program} is missing: ${install}`);
  const test = context.test ?? context.currentTest;
  if (test) test.title += ` (skipped: ${program} is missing, ${install})`;
  context.skip();
}
