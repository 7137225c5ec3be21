/** A copy of the checkout in which something is changed, as a commit would: what a user deploys is what a checkout says. */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { WORK_FOLDER } from './cluster.ts';
import type { VariableName } from '../../app/config.ts';
import { capture } from '../../infra/cluster/command.ts';

/** What `make deploy` reads. */
const PARTS = ['Dockerfile', 'Makefile', 'app', 'infra', 'package.json', 'package-lock.json', 'tsconfig.json'];
const ENVIRONMENTS_FILE = 'infra/environments.ts';

/** @returns the folder of a checkout whose `kind` environment sets variables of the service */
export async function checkoutWithVariables(
  name: string,
  variables: Readonly<Partial<Record<VariableName, string>>>,
): Promise<string> {
  const folder = join(WORK_FOLDER, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const part of PARTS) cpSync(part, join(folder, part), { recursive: true, preserveTimestamps: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const file = join(folder, ENVIRONMENTS_FILE);
  const table = readFileSync(file, 'utf8');
  const changed = table.replace('  kind: {\n', `  kind: {\n    variables: ${JSON.stringify(variables)},\n`);
  if (changed === table) throw new Error(`Expected ${ENVIRONMENTS_FILE} to have an environment kind`);
  writeFileSync(file, changed);
  await capture('make', ['--directory', folder, 'synth']);
  return folder;
}
