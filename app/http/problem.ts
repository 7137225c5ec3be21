/** Which status an error has: the one place where the domain's errors meet HTTP's codes. */
import type { Answer } from './answer.ts';
import { answerProblem } from './answer.ts';
import { ExpectationError, UnknownZoneError } from '../zones/expectation.ts';

/** A request that HTTP itself has a status for: 404, 405, 406 and their like. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly headers: readonly string[];

  constructor(status: number, message: string, headers: readonly string[] = []) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** One parameter that is not what was expected. */
export interface BadParameter {
  readonly parameter: string;
  readonly in: 'path' | 'query';
  readonly error: ExpectationError;
}

/** A request whose parameters are not what was expected; it names them. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
  readonly bad: readonly BadParameter[];

  /** @param untold how many more there are */
  constructor(bad: readonly BadParameter[], untold = 0) {
    const told = bad.map(({ parameter, error }) => `${parameter}: ${error.message}`);
    super([...told, ...(untold > 0 ? [`and ${untold} more`] : [])].join('; '));
    this.bad = bad;
  }
}

/**
 * The problem that tells of an error. What this service does not foresee is a 500 that says nothing of it; the caller
 * logs that.
 */
export function describeError(error: unknown): Answer {
  if (error instanceof ParameterError) {
    const isMissing = error.bad.some((bad) => bad.in === 'path' && bad.error instanceof UnknownZoneError);
    return answerProblem(isMissing ? 404 : 400, error.message, {
      errors: error.bad.map(({ parameter, in: place, error: { expected, got, advice } }) => {
        return { parameter, in: place, expected, got, advice };
      }),
    });
  }
  if (error instanceof ExpectationError) return answerProblem(400, error.message);
  if (error instanceof HttpError) return answerProblem(error.status, error.message, { headers: error.headers });
  return answerProblem(500, 'The service failed to answer; the failure is in its log.');
}
