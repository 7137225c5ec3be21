/**
 * The clock of this machine, and how wrong it can be. A wall clock alone says neither: it may never have been set, it is
 * stepped by whoever may, and its daemon's word on its error can be nonsense.
 *
 * Each sample reads wall and monotonic clock, looks for a step, and asks every source (the kernel, NTP references) between
 * which ends true time must lie. Their agreement is the belief; `now()` ages it by drift. Whatever is random or slow comes
 * from outside, so that a simulation can run the whole of it: nothing here has a timer, a socket, or a clock of its own.
 *
 *     kernel ───┐
 *     reference ┼─ claims ─ agreement ─ belief ─ now()
 *     reference ┘              │
 *     step ─ forget claims, hold old and new until enough fresh ones speak
 *
 * After the fashion of tigerbeetle's `src/vsr/clock.zig` and AWS's ClockBound.
 */
import { findAgreement, mostLiars, type Claim } from './agreement.ts';
import type { Clock, ClockReading, ClockState } from './clock.ts';
import { driftOver, growInterval, hullOf, shiftInterval, type Interval } from './interval.ts';
import { isRenewed, KERNEL_LIMIT_NS, type Kernel, type KernelReading, type Leap } from './kernel.ts';
import { SmearWatch } from './smear.ts';
import { findStep, STEP_NS } from './step.ts';
import { readMoment, type Moment, type TimeSource } from './time-source.ts';

/** Farther from true time than this a clock is not fit to be called synchronised (MAXDIST of RFC 5905). */
const MAX_DISTANCE_NS = 1_000_000_000n;

/** How long a reading of the kernel is used while no better one can be had. */
const KERNEL_AGE_NS = 10_000_000_000n;

/** The kernel's own claim has this name. */
export const KERNEL = 'kernel';

/** How many answers of a reference are kept: the narrowest of them counts (the clock filter of RFC 5905, section 10). */
const KEPT_ANSWERS = 8;

/** What a reference answered, in terms of this machine's monotonic clock. */
export interface ReferenceAnswer {
  /** When the question was sent, and when true time was within the interval: when the answer came. */
  readonly askedAtNs: bigint;
  readonly answeredAtNs: bigint;
  readonly interval: Interval;
  readonly leap: Leap;
}

/** A step of the wall clock. */
export interface Step {
  /** How far the wall clock was set forward, negative when backward. */
  readonly sizeNs: bigint;
  /** What the wall clock said when it was found. */
  readonly foundAtNs: bigint;
  readonly number: number;
}

/**
 * What the clock makes of a source: `agrees`, `contradicts` (it cannot be right if the others are), `smeared` (it spreads a
 * leap second that others announce), `silent` (it says nothing at present).
 */
export type Verdict = 'agrees' | 'contradicts' | 'smeared' | 'silent';

/** A source as it is at present. */
export interface SourceReport {
  readonly name: string;
  readonly verdict: Verdict;
  /** Between which ends it has true time minus the wall clock; null where it says nothing. */
  readonly offsetNs: Interval | null;
}

/** Everything that is known of the clock, of one moment. */
export interface ClockReport {
  readonly reading: ClockReading;
  /** What the kernel said last, null where it cannot be asked. */
  readonly kernel: KernelReading | null;
  /** A leap second at the end of the month, by the kernel or most of the sources. */
  readonly leap: Leap;
  readonly sources: readonly SourceReport[];
  /** How often the wall clock was stepped since the start, and the last of it. */
  readonly steps: { readonly forward: number; readonly backward: number; readonly last: Step | null };
}

/** What subscribers are told. */
export type ClockChange =
  | { readonly kind: 'state'; readonly from: ClockState; readonly to: ClockState }
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'verdict'; readonly source: string; readonly from: Verdict; readonly to: Verdict };

/** What true time minus the monotonic clock was held to be, and when. */
interface Belief {
  readonly state: ClockState;
  readonly interval: Interval | undefined;
  readonly atNs: bigint;
}

interface Reference {
  answers: ReferenceAnswer[];
  /** The narrowest of the answers; as all age alike it remains that. */
  best: ReferenceAnswer | undefined;
  leap: Leap;
  /** Whether it counts among the sources: it answered of late, or was not yet asked often enough. */
  isKnown: boolean;
}

export class HonestClock implements Clock {
  readonly #time: TimeSource;
  readonly #kernel: Pick<Kernel, 'readClock'> | undefined;
  readonly #floorNs: bigint;
  readonly #references: Map<string, Reference>;
  readonly #listeners = new Set<(change: ClockChange) => void>();
  readonly #smearWatch = new SmearWatch();

  #moment: Moment;
  #belief: Belief;
  #kernelReading: KernelReading | undefined;
  #kernelClaim: { readonly interval: Interval; readonly atNs: bigint } | undefined;
  /** After a step the old kernel reading does not count: it was made for a clock that is no more. */
  #isKernelStale = false;
  /** After a step the belief is held until as many fresh claims speak as can be trusted. */
  #isHeld = false;
  #steppedAtNs: bigint;
  #verdicts = new Map<string, Verdict>();
  #leap: Leap = 'none';
  #steps: ClockReport['steps'] = { forward: 0, backward: 0, last: null };

  /**
   * @param floorNs what is added to the kernel's account of its error, because there are daemons that leave things out
   * @param references the names of the NTP references that will answer
   */
  constructor({
    time,
    kernel,
    floorNs,
    references = [],
  }: {
    time: TimeSource;
    kernel: Pick<Kernel, 'readClock'> | undefined;
    floorNs: bigint;
    references?: readonly string[];
  }) {
    this.#time = time;
    this.#kernel = kernel;
    this.#floorNs = floorNs;
    this.#references = new Map(
      references.map((name) => [name, { answers: [], best: undefined, leap: 'none', isKnown: true }]),
    );
    this.#moment = readMoment(time);
    this.#steppedAtNs = this.#moment.beforeNs;
    this.#belief = { state: 'unknown', interval: undefined, atNs: this.#moment.beforeNs };
    this.sample();
  }

  /** Reads the clock. A step since the last sample is found here, so that no reading is made across it. */
  now(): ClockReading {
    let monotonicNs = this.#time.monotonicNs();
    let epochNs = this.#time.wallNs();
    const movedNs = epochNs - monotonicNs - (this.#moment.wallNs - this.#moment.beforeNs);
    if (movedNs > STEP_NS || movedNs < -STEP_NS) {
      this.sample();
      monotonicNs = this.#time.monotonicNs();
      epochNs = this.#time.wallNs();
    }
    const { state, interval, atNs } = this.#belief;
    if (!interval) return { epochNs, state, boundNs: null, earliestNs: null, latestNs: null };
    const growthNs = driftOver(monotonicNs - atNs);
    const earliestNs = interval.lowNs + monotonicNs - growthNs;
    const latestNs = interval.highNs + monotonicNs + growthNs;
    const laterNs = latestNs - epochNs;
    const earlierNs = epochNs - earliestNs;
    return { epochNs, state, boundNs: laterNs > earlierNs ? laterNs : earlierNs, earliestNs, latestNs };
  }

  /** Looks at the machine's clocks and weighs what is known. To be called several times a second. */
  sample(): void {
    const previous = this.#moment;
    this.#moment = readMoment(this.#time);
    const stepNs = findStep(previous, this.#moment);
    if (stepNs !== 0n) this.#takeStep(stepNs);
    this.#readKernel(previous, stepNs !== 0n);
    this.#weigh();
  }

  /** Takes the answer of a reference. */
  addAnswer(name: string, answer: ReferenceAnswer): void {
    const reference = this.#reference(name);
    reference.isKnown = true;
    reference.leap = answer.leap;
    // A machine that slept has stepped as well, and then its monotonic clock stood still.
    if (answer.askedAtNs < this.#steppedAtNs) return;
    reference.answers = [answer, ...reference.answers].slice(0, KEPT_ANSWERS);
    reference.best = reference.answers.reduce((best, other) => (isNarrower(other, best) ? other : best));
  }

  /** Counts a reference out that has not answered for long, until it answers again. */
  countOut(name: string): void {
    const reference = this.#reference(name);
    reference.isKnown = false;
    forgetAnswers(reference);
  }

  /** Calls back after each change of state, step, or verdict on a source. */
  subscribe(listener: (change: ClockChange) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  report(): ClockReport {
    // First of all, because it may find a step, after which all else is another.
    const reading = this.now();
    const { wallNs, beforeNs } = this.#moment;
    const claims = this.#collectClaims();
    return {
      reading,
      kernel: this.#kernelReading ?? null,
      leap: this.#leap,
      sources: Array.from(this.#verdicts, ([name, verdict]) => {
        const claim = claims.find((candidate) => candidate.name === name);
        return { name, verdict, offsetNs: claim ? shiftInterval(claim.interval, beforeNs - wallNs) : null };
      }),
      steps: this.#steps,
    };
  }

  #reference(name: string): Reference {
    const reference = this.#references.get(name);
    if (!reference) throw new Error(`Expected a reference that was announced, got ${name}`);
    return reference;
  }

  #takeStep(sizeNs: bigint): void {
    const { beforeNs, wallNs } = this.#moment;
    const { forward, backward } = this.#steps;
    const last = { sizeNs, foundAtNs: wallNs, number: forward + backward + 1 };
    this.#steps = sizeNs > 0n ? { forward: forward + 1, backward, last } : { forward, backward: backward + 1, last };
    this.#steppedAtNs = beforeNs;
    this.#isKernelStale = (this.#kernelReading?.maxErrorNs ?? KERNEL_LIMIT_NS) < KERNEL_LIMIT_NS;
    this.#kernelClaim = undefined;
    for (const reference of this.#references.values()) forgetAnswers(reference);

    // Whether the clock was right before or is right now cannot be told yet, nor whether the machine only slept.
    const { interval, atNs, state } = this.#belief;
    if (interval) {
      const aged = growInterval(interval, beforeNs - atNs);
      this.#belief = { state, interval: hullOf([aged, shiftInterval(aged, sizeNs)]), atNs: beforeNs };
      this.#isHeld = true;
    }
    this.#tell({ kind: 'step', step: last });
  }

  #readKernel(previous: Moment, isJustStepped: boolean): void {
    const { wallNs, beforeNs, afterNs } = this.#moment;
    if (this.#kernelClaim && beforeNs - this.#kernelClaim.atNs > KERNEL_AGE_NS) this.#kernelClaim = undefined;
    const reading = this.#kernel?.readClock();
    if (!reading) return;
    const last = this.#kernelReading;
    this.#kernelReading = reading;
    // Who sets the clock by the rules resets the kernel's count: what it counts afterwards is fresh. What was written
    // between the last sample and this one may have been written before the step.
    const isReset = reading.maxErrorNs === KERNEL_LIMIT_NS;
    const isWritten = last && !isJustStepped && isRenewed(last, reading, afterNs - previous.beforeNs);
    if (isReset || isWritten) this.#isKernelStale = false;
    this.#kernelClaim = undefined;
    if (isReset || this.#isKernelStale) return;
    const pendingNs = reading.offsetNs < 0n ? -reading.offsetNs : reading.offsetNs;
    const boundNs = reading.maxErrorNs + pendingNs + this.#floorNs;
    const interval = { lowNs: wallNs - afterNs - boundNs, highNs: wallNs - beforeNs + boundNs };
    this.#kernelClaim = { interval, atNs: beforeNs };
  }

  /** What each source says at present. */
  #collectClaims(): Claim[] {
    const nowNs = this.#moment.beforeNs;
    const claims: Claim[] = [];
    if (this.#kernelClaim) {
      const { interval, atNs } = this.#kernelClaim;
      claims.push({ name: KERNEL, interval: growInterval(interval, nowNs - atNs) });
    }
    for (const [name, { best }] of this.#references) {
      if (best) claims.push({ name, interval: growInterval(best.interval, nowNs - best.answeredAtNs) });
    }
    return claims;
  }

  #weigh(): void {
    const announcements = Array.from(this.#references)
      .filter(([, { best }]) => best)
      .map(([name, { leap }]) => ({ name, leap }));
    const { leap, smeared } = this.#smearWatch.look(announcements, this.#kernelReading?.leap, this.#moment.wallNs);
    this.#leap = leap;

    const claims = this.#collectClaims().filter(({ name }) => !smeared.has(name));
    // A kernel whose bound is stale says nothing at present, but it is one of those that may speak again.
    let known = this.#kernelClaim || this.#isKernelStale ? 1 : 0;
    for (const [name, { isKnown }] of this.#references) if (isKnown && !smeared.has(name)) known += 1;

    const before = this.#belief.state;
    const dissenters = this.#believe(claims, known);
    if (this.#belief.state !== before) this.#tell({ kind: 'state', from: before, to: this.#belief.state });
    this.#judge(claims, smeared, dissenters);
  }

  /** @returns the sources that contradict the belief */
  #believe(claims: readonly Claim[], known: number): readonly string[] {
    const atNs = this.#moment.beforeNs;
    const isEnough = claims.length > mostLiars(known);
    const [first, ...others] = claims;
    if (first && (isEnough || !this.#isHeld)) {
      this.#isHeld = false;
      const agreement = isEnough ? findAgreement(claims, known) : undefined;
      // Where nobody can be told to lie, true time may be with any of them.
      const interval = agreement?.interval ?? hullOf([first.interval, ...others.map((claim) => claim.interval)]);
      const isClose = interval.highNs - interval.lowNs <= 2n * MAX_DISTANCE_NS;
      const isContradiction = isEnough && !agreement;
      const state = isContradiction ? 'unsynchronized' : isClose ? 'synchronized' : 'free-running';
      this.#belief = { state, interval, atNs };
      return isContradiction ? claims.map(({ name }) => name) : (agreement?.dissenters ?? []);
    }
    const { interval, atNs: believedAtNs } = this.#belief;
    const isWornOut = driftOver(atNs - believedAtNs) >= KERNEL_LIMIT_NS;
    if (interval && !isWornOut) this.#belief = { state: 'free-running', interval, atNs: believedAtNs };
    else this.#belief = { state: this.#kernelReading ? 'unsynchronized' : 'unknown', interval: undefined, atNs };
    return [];
  }

  #judge(claims: readonly Claim[], smeared: ReadonlySet<string>, dissenters: readonly string[]): void {
    const speaking = new Set(claims.map(({ name }) => name));
    const names = this.#kernel ? [KERNEL, ...this.#references.keys()] : [...this.#references.keys()];
    for (const source of names) {
      const to = smeared.has(source)
        ? 'smeared'
        : !speaking.has(source)
          ? 'silent'
          : dissenters.includes(source)
            ? 'contradicts'
            : 'agrees';
      const from = this.#verdicts.get(source) ?? 'silent';
      this.#verdicts.set(source, to);
      if (from !== to) this.#tell({ kind: 'verdict', source, from, to });
    }
  }

  #tell(change: ClockChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function forgetAnswers(reference: Reference): void {
  reference.answers = [];
  reference.best = undefined;
}

/** Whether an answer bounds true time more narrowly than a later one does, when both have aged. */
function isNarrower(earlier: ReferenceAnswer, later: ReferenceAnswer): boolean {
  const { lowNs, highNs } = growInterval(earlier.interval, later.answeredAtNs - earlier.answeredAtNs);
  return highNs - lowNs < later.interval.highNs - later.interval.lowNs;
}
