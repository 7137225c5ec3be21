/**
 * A body that is the same for every caller: a page, its script, its style. It is loaded and compressed when it is first
 * asked for and kept, so that the start pays nothing for what most instances are never asked.
 */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

import type { Answer, FlatHeaders } from './answer.ts';

/** In order of preference; browsers offer Brotli only where the connection is secure. */
const CODINGS = {
  br: (body: Buffer) =>
    promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: promisify(gzip) as (body: Buffer) => Promise<Buffer>,
} as const;

/** Beyond this, Brotli takes seconds for the last few hundredths. */
const BROTLI_QUALITY = 6;

type Coding = keyof typeof CODINGS;

export class Asset {
  readonly #load: () => Promise<Buffer>;
  readonly #headers: FlatHeaders;
  readonly #answers = new Map<Coding | 'identity', Promise<Answer>>();

  constructor(type: string, load: () => Promise<Buffer>, headers: FlatHeaders) {
    this.#load = load;
    this.#headers = ['Content-Type', type, 'Vary', 'Accept-Encoding', ...headers];
  }

  /** The asset in the best coding that the caller takes. */
  answer(headers: IncomingHttpHeaders): Promise<Answer> {
    const coding = chooseCoding(headers['accept-encoding']);
    const known = this.#answers.get(coding);
    if (known) return known;
    const answer = this.#encode(coding);
    this.#answers.set(coding, answer);
    answer.catch(() => this.#answers.delete(coding));
    return answer;
  }

  async #encode(coding: Coding | 'identity'): Promise<Answer> {
    const body = await this.#load();
    const headers = [...this.#headers, 'ETag', `"${hash('sha256', body, 'base64url').slice(0, 16)}-${coding}"`];
    if (coding === 'identity') return { status: 200, headers, body };
    return { status: 200, headers: [...headers, 'Content-Encoding', coding], body: await CODINGS[coding](body) };
  }
}

function chooseCoding(accepted: string | string[] | undefined): Coding | 'identity' {
  const offers = String(accepted ?? '').split(',');
  const takes = (coding: Coding) =>
    offers.some((offer) => {
      const [name, quality] = offer.split(';');
      return name?.trim().toLowerCase() === coding && !/^\s*q=0(\.0*)?\s*$/i.test(quality ?? '');
    });
  return takes('br') ? 'br' : takes('gzip') ? 'gzip' : 'identity';
}
