/**
 * From the text of a request to the parameters of a route. Strict, so that a mistake is told where it is made: unknown
 * names, a second value where one is meant, and broken percent-encoding are refused rather than guessed at.
 */
import * as z from 'zod';

import { ParameterError, type BadParameter } from './problem.ts';
import type { Route } from './route.ts';
import { ExpectationError } from '../zones/expectation.ts';

/** A target has room for two thousand mistakes. The first few help whoever made them; all would cost half a megabyte. */
const MOST_TOLD = 8;

/** What is wrong with a request. */
class Complaints {
  readonly told: BadParameter[] = [];
  readonly #names = new Set<string>();
  #count = 0;

  get untold(): number {
    return this.#count - this.told.length;
  }

  /** @param tell makes the complaint, which costs more than to count it */
  add(name: string, tell: () => BadParameter): void {
    this.#count += 1;
    this.#names.add(name);
    if (this.told.length < MOST_TOLD) this.told.push(tell());
  }

  isAbout(name: string): boolean {
    return this.#names.has(name);
  }
}

/** Reads the parameters of one route, or throws a ParameterError that names the bad ones. */
export type ParameterReader = (
  path: Readonly<Record<string, string>>,
  querystring: string,
) => { path: Record<string, unknown>; query: Record<string, unknown> };

export function readerFor(route: Route): ParameterReader {
  const pathSchema = z.object(route.pathParameters);
  const querySchema = z.object(route.queryParameters);
  const names = Object.keys(route.queryParameters);
  const repeatable = new Set(names.filter((name) => isArray(route.queryParameters[name])));

  return (path, querystring) => {
    const complaints = new Complaints();
    // First, because a path that leads nowhere is what the status tells of, whatever the query has.
    const pathResult = pathSchema.safeParse(path);
    collectIssues(pathResult, 'path', path, complaints);
    const texts = groupValues(querystring, names, repeatable, complaints);
    const queryResult = querySchema.safeParse(texts);
    collectIssues(queryResult, 'query', texts, complaints);
    const { told, untold } = complaints;
    if (told.length > 0 || !pathResult.success || !queryResult.success) throw new ParameterError(told, untold);
    return { path: pathResult.data, query: queryResult.data };
  };
}

function isArray(schema: z.ZodType | undefined): boolean {
  return schema instanceof z.ZodOptional ? isArray(schema.unwrap() as z.ZodType) : schema instanceof z.ZodArray;
}

function groupValues(
  querystring: string,
  names: readonly string[],
  repeatable: ReadonlySet<string>,
  complaints: Complaints,
): Record<string, string | string[]> {
  const texts: Record<string, string | string[]> = {};
  if (querystring === '') return texts;
  for (const pair of querystring.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === undefined || value === undefined) {
      complaints.add(name ?? '', () => badQuery(name ?? '', 'percent-encoding of UTF-8', pair));
    } else if (!names.includes(name)) {
      complaints.add(name, () => badQuery(name, describeNames(names), name, adviseOnName(name, names)));
    } else if (repeatable.has(name)) {
      ((texts[name] ??= []) as string[]).push(value);
    } else if (name in texts) {
      complaints.add(name, () => badQuery(name, 'one value', value, 'it was given more than once'));
    } else {
      texts[name] = value;
    }
  }
  return texts;
}

function decode(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}

function describeNames(names: readonly string[]): string {
  return names.length > 0 ? `a parameter named ${names.join(' or ')}` : 'no parameters';
}

function adviseOnName(name: string, names: readonly string[]): string | undefined {
  const nearest = names.toSorted((a, b) => editDistance(name, a) - editDistance(name, b))[0];
  return nearest !== undefined && editDistance(name, nearest) <= 2 ? `did you mean ${nearest}?` : undefined;
}

/** Levenshtein's distance, of the first 32 characters. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, character] of Array.from(from.slice(0, 32)).entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const substitute = (row[j] ?? 0) + (character === to[j] ? 0 : 1);
      next.push(Math.min(substitute, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function badQuery(name: string, expected: string, got: string, advice?: string): BadParameter {
  return { parameter: name.slice(0, 64), in: 'query', error: new ExpectationError(expected, got, { advice }) };
}

function collectIssues(
  result: z.ZodSafeParseResult<unknown>,
  place: 'path' | 'query',
  texts: Readonly<Record<string, string | string[]>>,
  complaints: Complaints,
): void {
  for (const issue of result.error?.issues ?? []) {
    const name = String(issue.path[0]);
    // A name that is already reported has no second complaint about what is missing because of the first.
    if (complaints.isAbout(name)) continue;
    complaints.add(name, () => {
      return { parameter: name, in: place, error: adviseOnPlus(expectationOf(issue, texts[name])) };
    });
  }
}

function expectationOf(issue: z.core.$ZodIssue, got: string | string[] | undefined): ExpectationError {
  if (issue.code === 'custom' && issue.params?.['error'] instanceof ExpectationError) return issue.params['error'];
  if (issue.code === 'too_big' && issue.origin === 'array')
    return new ExpectationError(`at most ${issue.maximum} values`, `${got?.length} values`);
  if (got === undefined) return new ExpectationError('a value', undefined, { advice: 'the parameter is required' });
  return new ExpectationError(issue.message, String(got));
}

/** An unescaped `+` arrives as a blank, where a sign was meant. */
function adviseOnPlus(error: ExpectationError): ExpectationError {
  if (error.advice !== undefined || !/ \d/.test(error.got ?? '')) return error;
  return new ExpectationError(error.expected, error.got, { advice: 'a + in a query is written %2B', cause: error });
}
