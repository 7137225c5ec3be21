/**
 * `/`: the page for people. It and its assets come from one generated file, read when somebody first asks; an asset's name
 * holds the hash of its content, and so may be kept for ever.
 */
import { extname } from 'node:path';

import * as z from 'zod';

import { Asset } from './asset.ts';
import { HttpError } from './problem.ts';
import { defineRoute, type Route } from './route.ts';

const policyOf = (styleHash: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src '${styleHash}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Page {
  readonly html: Asset;
  readonly files: ReadonlyMap<string, Asset>;
}

export function pageRoutes(): Route[] {
  let page: Promise<Page> | undefined;
  return [
    defineRoute({
      path: '/',
      summary: 'The time, for people.',
      pathParameters: {},
      queryParameters: { zones: z.string().optional() },
      produces: ['text/html'],
      handle: async ({ request }) => (await (page ??= loadPage())).html.answer(request.headers),
    }),
    defineRoute({
      path: '/assets/{file}',
      summary: 'What that page is made of.',
      pathParameters: { file: z.string() },
      queryParameters: {},
      produces: ['text/javascript', 'image/svg+xml'],
      handle: async ({ path: { file }, request }) => {
        const found = (await (page ??= loadPage())).files.get(file);
        if (!found) throw new HttpError(404, 'Expected the name of an asset of the page, got another');
        return found.answer(request.headers);
      },
    }),
  ];
}

async function loadPage(): Promise<Page> {
  const { default: page } = await import('./generated/page.json', { with: { type: 'json' } });
  const kept = ['Cache-Control', 'public, max-age=31536000, immutable'];
  const assetOf = (type: string, text: string, headers: readonly string[]) =>
    new Asset(type, () => Promise.resolve(Buffer.from(text)), headers);
  return {
    html: assetOf('text/html; charset=utf-8', page.html, [
      'Cache-Control',
      'no-cache',
      'Content-Security-Policy',
      policyOf(page.styleHash),
      'Referrer-Policy',
      'no-referrer',
    ]),
    files: new Map(
      Object.entries(page.files).map(([name, text]) => [
        name,
        assetOf(TYPES[extname(name)] ?? 'text/plain', text, kept),
      ]),
    ),
  };
}
