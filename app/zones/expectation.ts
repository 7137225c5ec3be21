/**
 * The one error of the domain: what was given is not what was expected. It carries both, so that every edge can say the
 * same sentence in its own form (an RFC 9457 problem, a google.rpc.BadRequest, a line about a variable).
 */

/** The longest piece of a stranger's input that is repeated to them. */
const LONGEST_ECHO = 64;

export class ExpectationError extends Error {
  override readonly name: string = 'ExpectationError';
  readonly expected: string;
  readonly got: string | undefined;
  readonly advice: string | undefined;

  /**
   * @param expected what would have been right, as the object of a sentence: "an IANA zone"
   * @param got the text that came, or undefined where none did
   * @param advice a sentence on how to mend it
   */
  constructor(
    expected: string,
    got: string | undefined,
    options: { advice?: string | undefined; cause?: unknown } = {},
  ) {
    const echo =
      got === undefined
        ? 'nothing'
        : JSON.stringify(got.length > LONGEST_ECHO ? `${got.slice(0, LONGEST_ECHO)}…` : got);
    super(`Expected ${expected}, got ${echo}${options.advice ? `; ${options.advice}` : ''}`, { cause: options.cause });
    this.expected = expected;
    this.got = got;
    this.advice = options.advice;
  }
}

/** A zone that does not exist: an edge that has it in a path says "not found", elsewhere it is a bad value. */
export class UnknownZoneError extends ExpectationError {
  override readonly name = 'UnknownZoneError';
}
