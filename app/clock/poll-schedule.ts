/**
 * When to ask a reference again. Public servers are asked by millions: a client that asks often, or at the same instant as
 * all others, or goes on when told to stop, is an attack (RFC 4330, section 10). So: a few quick questions at the start,
 * one a minute then, ever fewer while none is answered, none after a refusal, and never in step.
 */

/** The first answers are wanted soon, and several: the narrowest counts. */
const QUICK_QUESTIONS = 4;
const QUICK_MS = 2000;
/** Polls of 2^6 and 2^10 seconds, the ends of what RFC 5905 recommends. */
const LEAST_MS = 64_000;
const MOST_MS = 1_024_000;
const JITTER = 0.1;
/** A reference that left so many questions unanswered no longer counts among the sources. */
const COUNTED_OUT_AFTER = 4;

/** What a question came to. */
export type PollOutcome = 'answered' | 'unanswered' | 'told-to-slow-down' | 'refused';

export interface PollState {
  readonly answered: number;
  /** Since the last answer. */
  readonly unanswered: number;
  /** Grows when the server says that it is asked too often, and never shrinks. */
  readonly leastMs: number;
  readonly isRefused: boolean;
}

export const FIRST_POLL: PollState = { answered: 0, unanswered: 0, leastMs: LEAST_MS, isRefused: false };

const CHANGES: Readonly<Record<PollOutcome, (state: PollState) => Partial<PollState>>> = {
  answered: ({ answered }) => ({ answered: answered + 1, unanswered: 0 }),
  unanswered: ({ unanswered }) => ({ unanswered: unanswered + 1 }),
  'told-to-slow-down': ({ leastMs }) => ({ answered: QUICK_QUESTIONS, leastMs: Math.min(leastMs * 2, MOST_MS) }),
  refused: () => ({ isRefused: true }),
};

export function noteOutcome(state: PollState, outcome: PollOutcome): PollState {
  return { ...state, ...CHANGES[outcome](state) };
}

/**
 * @param random from 0 to 1
 * @returns how long to wait, or undefined where the server is never to be asked again
 */
export function delayBeforePoll(state: PollState, random: number): number | undefined {
  if (state.isRefused) return undefined;
  const isQuick = state.answered < QUICK_QUESTIONS;
  const patience = state.unanswered > 0 ? Math.min(QUICK_MS * 2 ** state.unanswered, MOST_MS) : QUICK_MS;
  const delayMs = isQuick || state.unanswered > 0 ? patience : state.leastMs;
  return Math.max(delayMs, state.leastMs > LEAST_MS ? state.leastMs : 0) * (1 + JITTER * (2 * random - 1));
}

/** Whether the reference has been silent for so long that the others decide without it. */
export function isCountedOut(state: PollState): boolean {
  return state.isRefused || state.unanswered >= COUNTED_OUT_AFTER;
}
