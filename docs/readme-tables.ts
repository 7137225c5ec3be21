/**
 * Writes the parts of the README that are made from the code: `node docs/readme-tables.ts` renews them, and with `--check`
 * it ends with 1 where they are stale. A table copied by hand is wrong by the second release.
 */
import { readFileSync, writeFileSync } from 'node:fs';

import { ROUTES } from './routes.ts';
import { ENVIRONMENT } from '../app/config.ts';

const README = new URL('../README.md', import.meta.url);

function describeConfiguration(): string {
  const rows = Object.entries(ENVIRONMENT.shape).map(([name, schema]) => {
    const byDefault = 'defaultValue' in schema.def && schema.def.defaultValue ? `\`${schema.def.defaultValue}\`` : '';
    return `| \`${name}\` | ${byDefault} | ${schema.description} |`;
  });
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function describeRoutes(): string {
  const rows = ROUTES.map(({ path, queryParameters, summary }) => {
    const names = Object.keys(queryParameters);
    return `| \`GET ${path}\` | ${names.map((name) => `\`${name}\``).join(' ')} | ${summary} |`;
  });
  return ['| path | parameters | answer |', '|---|---|---|', ...rows].join('\n');
}

const TABLES = { configuration: describeConfiguration(), endpoints: describeRoutes() };

const stale = readFileSync(README, 'utf8');
let fresh = stale;
for (const [name, table] of Object.entries(TABLES)) {
  const [start, end] = [`<!-- ${name}: made by make readme -->`, `<!-- /${name} -->`];
  const [before, rest] = fresh.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`README.md has no part ${start} … ${end}`);
  fresh = `${before}${start}\n${table}\n${end}${after}`;
}

if (!process.argv.includes('--check')) writeFileSync(README, fresh);
else if (fresh !== stale) {
  process.stderr.write('README.md is stale; run: make readme\n');
  process.exitCode = 1;
}
