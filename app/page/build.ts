/**
 * Makes the page that the service serves: `node app/page/build.ts` bundles it into one committed file, and with `--check`
 * it ends with 1 where that file is stale. Committed, the page is the same from the bundle and from the sources, and
 * `node app/main.ts` needs no step before it. A name holds the hash of its content, so that it may be kept for ever.
 */
import { hash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname } from 'node:path';

import { build } from 'esbuild';

const SOURCE = new URL('./', import.meta.url);
const GENERATED = new URL('../http/generated/page.json', import.meta.url);

const { outputFiles } = await build({
  entryPoints: ['main.ts', 'page.css'].map((name) => new URL(name, SOURCE).pathname),
  outdir: 'assets',
  write: false,
  bundle: true,
  format: 'esm',
  target: ['chrome120', 'firefox121', 'safari17'],
  minify: true,
  legalComments: 'none',
});

const icon = { name: 'icon.svg', text: readFileSync(new URL('icon.svg', SOURCE), 'utf8') };
const assets = [...outputFiles.map(({ path, text }) => ({ name: basename(path), text })), icon];

let html = readFileSync(new URL('page.html', SOURCE), 'utf8').replaceAll(/^\s+/gm, '');
const files: Record<string, string> = {};
for (const { name, text } of assets) {
  const extension = extname(name);
  const hashed = `${basename(name, extension)}-${hash('sha256', text, 'base64url').slice(0, 10)}${extension}`;
  html = html.replace(`/assets/${name}`, `/assets/${hashed}`);
  files[hashed] = text;
}

const fresh = `${JSON.stringify({ html, files }, undefined, 1)}\n`;
if (!process.argv.includes('--check')) writeFileSync(GENERATED, fresh);
else if (fresh !== readFileSync(GENERATED, 'utf8')) {
  process.stderr.write('The page is stale; run: make page\n');
  process.exitCode = 1;
}
