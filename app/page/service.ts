/** Asks the service, and tells apart its two ways to fail: it refuses, and says why, or it is not to be reached. */

const TIMEOUT_MS = 5000;

/** The service answered with a problem; the message is its detail. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** @throws RefusedError for a problem, and what fetch throws where no answer comes */
export async function ask<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const body: unknown = await response.json();
  // While it drains or sheds load the service is as good as gone; the next instance answers.
  if (response.status >= 500) throw new Error(`The service answered ${response.status}`);
  if (!response.ok)
    throw new RefusedError(response.status, (body as { detail?: string }).detail ?? response.statusText);
  return body as Answer;
}

/** A path's query; a list gives the parameter once for each value. */
export function query(parameters: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}=${encodeURIComponent(value)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** An instant with six digits after the second, in milliseconds since 1970; Date.parse would drop the last three. */
export function parseInstantMs(instant: string): number {
  const [, whole = instant, micros = '000'] = /^(.*\.\d{3})(\d{3})Z$/.exec(instant) ?? [];
  return Date.parse(whole.endsWith('Z') ? whole : `${whole}Z`) + Number(micros) / 1000;
}
