/**
 * `/docs`: Swagger UI on this service's own description, with nothing from elsewhere. Its files are read from the package,
 * which the image carries beside the bundle, when somebody first opens the page.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import * as z from 'zod';

import { Asset } from './asset.ts';
import { HttpError } from './problem.ts';
import { defineRoute, type Route } from './route.ts';

/** Swagger UI sets styles from its script and draws with `data:` images; nothing else is let through. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>time-service: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', validatorUrl: null, deepLinking: true });\n`;

const require = createRequire(import.meta.url);

const asset = (type: string, load: () => Promise<Buffer>) => new Asset(type, load, ['Cache-Control', 'no-cache']);

const FILES: ReadonlyMap<string, Asset> = new Map([
  ['start.js', asset('text/javascript; charset=utf-8', () => Promise.resolve(Buffer.from(START)))],
  [
    'swagger-ui-bundle.js',
    asset('text/javascript; charset=utf-8', () => readFile(require.resolve('swagger-ui-dist/swagger-ui-bundle.js'))),
  ],
  [
    'swagger-ui.css',
    asset('text/css; charset=utf-8', () => readFile(require.resolve('swagger-ui-dist/swagger-ui.css'))),
  ],
]);

const page = new Asset('text/html; charset=utf-8', () => Promise.resolve(Buffer.from(PAGE)), [
  'Cache-Control',
  'no-cache',
  'Content-Security-Policy',
  POLICY,
]);

export function docsRoutes(): Route[] {
  return [
    defineRoute({
      path: '/docs',
      summary: 'This API, to read and to try.',
      pathParameters: {},
      queryParameters: {},
      produces: ['text/html'],
      handle: ({ request }) => page.answer(request.headers),
    }),
    defineRoute({
      path: '/docs/{file}',
      summary: 'What that page is made of.',
      pathParameters: { file: z.string() },
      queryParameters: {},
      produces: ['text/javascript', 'text/css'],
      handle: ({ path: { file }, request }) => {
        const found = FILES.get(file);
        if (!found) throw new HttpError(404, `Expected one of ${[...FILES.keys()].join(', ')}, got another file`);
        return found.answer(request.headers);
      },
    }),
  ];
}
