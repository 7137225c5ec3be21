/** Which registry this instance is entered in: what the variables REGISTRY and REGISTRY_TOKEN say. */
import { readFile } from 'node:fs/promises';

import { ExpectationError } from '../zones/expectation.ts';

export interface RegistryPlace {
  readonly kind: 'consul' | 'eureka';
  /** Without a slash at the end, so that a path can follow. */
  readonly url: string;
}

/** @throws Error for a file that cannot be read */
export type ReadToken = () => Promise<string | undefined>;

export interface RegistrySource extends RegistryPlace {
  readonly readToken: ReadToken;
}

const KIND_AND_URL = /^(?<kind>consul|eureka):(?<url>https?:\/\/.+)$/;

/** @throws ExpectationError also for a URL with a password: a URL is logged */
export function parseRegistryPlace(text: string): RegistryPlace {
  const { kind, url = '' } = KIND_AND_URL.exec(text)?.groups ?? {};
  const { username, password, search, hash } = (URL.canParse(url) && new URL(url)) || {};
  if ((kind !== 'consul' && kind !== 'eureka') || username !== '' || password || search || hash) {
    const expected = 'consul:http://HOST:8500 or eureka:http://HOST:8761/eureka, with any password in REGISTRY_TOKEN';
    throw new ExpectationError(expected, text);
  }
  return { kind, url: url.replace(/\/+$/, '') };
}

/** A file is read anew for each request, since whoever renews the token renews it there. */
export function tokenReader(token: string | undefined, file: string | undefined): ReadToken {
  return async () => (file === undefined ? token : (await readFile(file, 'utf8')).trim());
}
