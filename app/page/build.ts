/**
 * Makes the page that the service serves: `node app/page/build.ts` bundles it into one committed file, and with `--check`
 * it ends with 1 where that file is stale. Committed, the page is the same from the bundle and from the sources, and
 * `node app/main.ts` needs no step before it. A name holds the hash of its content, so that it may be kept for ever.
 * The style stands in the page itself, let in by its hash: on a slow link one way there and back is half a second, and
 * nothing is painted before the style is there.
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
const built = outputFiles.map(({ path, text }) => ({ name: basename(path), text }));
const style = built.find(({ name }) => name === 'page.css')?.text.trim() ?? '';
const assets = [...built.filter(({ name }) => name !== 'page.css'), icon];

let html = readFileSync(new URL('page.html', SOURCE), 'utf8')
  .replaceAll(/^\s+/gm, '')
  .replace('<style></style>', () => `<style>${style}</style>`);
const files: Record<string, string> = {};
for (const { name, text } of assets) {
  const extension = extname(name);
  const hashed = `${basename(name, extension)}-${hash('sha256', text, 'base64url').slice(0, 10)}${extension}`;
  html = html.replace(`/assets/${name}`, `/assets/${hashed}`);
  files[hashed] = text;
}

const styleHash = `sha256-${hash('sha256', style, 'base64')}`;
const fresh = `${JSON.stringify({ html, styleHash, files }, undefined, 1)}\n`;
if (!process.argv.includes('--check')) writeFileSync(GENERATED, fresh);
else if (fresh !== readFileSync(GENERATED, 'utf8')) {
  process.stderr.write('The page is stale; run: make page\n');
  process.exitCode = 1;
}
