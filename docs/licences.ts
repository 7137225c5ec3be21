/**
 * Writes docs/licences.md: under which licence each package is that is built into the service, as the lockfile has it. With
 * `--check` it ends with 1 where the document is stale. Either way it does for a licence that asks more of who passes the
 * service on than to name it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']);

const DOCUMENT = new URL('licences.md', import.meta.url);
const LOCKFILE = new URL('../package-lock.json', import.meta.url);

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
}

const { packages } = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, LockedPackage> };

const rows = Object.entries(packages)
  .filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, { version, license }]) => ({
    name: path.split('node_modules/').at(-1)!,
    version,
    licence: license ?? 'none',
  }));

/** A licence is an SPDX expression; whichever of its parts is meant, all are to be allowed. */
const refused = rows.filter(({ licence }) => !licence.match(/[\w.-]+/g)?.every((word) => isAllowed(word)));

function isAllowed(word: string): boolean {
  return ['AND', 'OR'].includes(word) || ALLOWED.has(word);
}

const table = new Set(rows.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`));
const fresh = `# Licences

The packages that the service is built from, by \`make licences\` from the lockfile; \`make check\` refuses any licence but
${Array.from(ALLOWED).join(', ')}. The tz database is in the public domain.

| package | version | licence |
|---|---|---|
${Array.from(table).toSorted().join('\n')}
`;

for (const { name, version, licence } of refused) {
  process.stderr.write(`${name} ${version}: expected one of ${Array.from(ALLOWED).join(', ')}, got ${licence}\n`);
  process.exitCode = 1;
}
if (!process.argv.includes('--check')) writeFileSync(DOCUMENT, fresh);
else if (!existsSync(DOCUMENT) || readFileSync(DOCUMENT, 'utf8') !== fresh) {
  process.stderr.write('docs/licences.md is stale; run: make licences\n');
  process.exitCode = 1;
}
