/**
 * The whole clock under simulated time. A scenario is drawn from its seed alone: a machine whose oscillator wanders, a
 * daemon that disciplines it and may hide a part of its error, references with delays, asymmetry and loss, liars among them,
 * and steps. Each scenario says whether it stays within what the clock assumes; there the interval must hold true time at
 * every instant that it is looked at. Nothing of this is random at run time: a seed that fails can be run again.
 */
import type { ClockReading } from '../../app/clock/clock.ts';
import { boundTruth } from '../../app/clock/exchange.ts';
import type { HonestClock, KERNEL, ReferenceAnswer } from '../../app/clock/honest-clock.ts';
import { MAX_DRIFT_PPM, type Interval } from '../../app/clock/interval.ts';
import type { KernelReading } from '../../app/clock/kernel.ts';
import { mostLiars } from '../../app/clock/agreement.ts';
import {
  delayBeforePoll,
  FIRST_POLL,
  isCountedOut,
  noteOutcome,
  type PollState,
} from '../../app/clock/poll-schedule.ts';
import { randomFrom } from '../random.ts';

const US = 1000;
const MS = 1_000_000;
const SECOND = 1_000_000_000;

/** True time when a scenario begins: 2026-11-24T03:05:54Z. Within it time is counted in a Number, which is exact. */
const START = 1_795_489_554_000_000_000n;

/** What the clock assumes. A scenario within all of it may not fail. */
export const ASSUMED = {
  /** The monotonic clock keeps within so much of true time. */
  driftPpm: MAX_DRIFT_PPM,
  /** What a daemon leaves out of the error that it tells the kernel is at most the floor. */
  isHiddenErrorBelowFloor: true,
  /** Of the sources that count, fewer than half lie; references that lie do so from the start, a kernel later. */
  honestMajority: mostLiars,
} as const;

/** How often scenarios break an assumption on purpose. */
const RECKLESS_SHARE = 0.08;

const SAMPLES = 80;
/** In so many samples the width is compared once. */
const WIDTH_EVERY = 5;

/** The part of the clock's code that a mutant replaces. */
export interface ClockModule {
  readonly HonestClock: typeof HonestClock;
  readonly KERNEL: typeof KERNEL;
}

export interface Outcome {
  readonly seed: number;
  readonly isWithinAssumptions: boolean;
  /** When the interval did not hold true time, in words; undefined where it always did. */
  readonly failure: string | undefined;
  /** Of some samples the interval's width over that of a merge that knows who lies and who hides how much. */
  readonly widthRatios: readonly number[];
}

/** Draws from one scenario's randomness. */
class Dice {
  readonly roll: () => number;

  constructor(seed: number) {
    this.roll = randomFrom(seed);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.roll();
  }

  /** Each power of ten is as likely as another. */
  betweenPowers(low: number, high: number): number {
    return Math.round(low * (high / low) ** this.roll());
  }

  chance(probability: number): boolean {
    return this.roll() < probability;
  }

  sign(): 1 | -1 {
    return this.chance(0.5) ? 1 : -1;
  }

  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }
}

/** The daemon and the kernel that it writes to. */
interface Daemon {
  /** Whether it tells the kernel an error of zero at each update, as systemd-timesyncd does. */
  readonly isHiding: boolean;
  /** When it goes wrong for good, unnoticed: from then on what it tells the kernel is a lie. */
  readonly liesFromNs: number;
  /** When the clock was left alone: it never updates after that. */
  readonly stopsAtNs: number;
  nextUpdateNs: number;
}

interface Server {
  readonly name: string;
  readonly boundNs: number;
  readonly errorNs: number;
  readonly isLiar: boolean;
  readonly delayNs: number;
  readonly asymmetry: number;
  readonly loss: number;
  schedule: PollState;
  nextPollNs: number;
  /** What is on its way to the clock. */
  pending: { readonly atNs: number; readonly answer: ReferenceAnswer } | undefined;
  /** The narrowest honest intervals of late, for the merge that knows. */
  best: readonly ReferenceAnswer[];
}

interface StepPlan {
  readonly atNs: number;
  readonly sizeNs: number;
  /** Who sets a clock resets the kernel's error; a hypervisor does not, nor does a machine that slept. */
  readonly kind: 'set' | 'hypervisor' | 'sleep';
}

/** The wall clock is never slewed faster than the kernel can, with room for drift the other way. */
const SLEW_PPM = 400;

class Scenario {
  readonly #dice: Dice;
  readonly #isDriftReckless: boolean;
  readonly #isHidingReckless: boolean;
  readonly #floorNs: number;
  readonly #daemon: Daemon;
  readonly #servers: Server[];
  readonly #steps: StepPlan[];
  readonly #clock: HonestClock;
  readonly #kernelName: string;
  readonly #widthRatios: number[] = [];

  #trueNs = 0;
  #monotonicNs = 5 * SECOND;
  #driftPpm = 0;
  /** The wall clock minus true time: what it is, and what it is slewed to. */
  #wallErrorNs: number;
  #wantedErrorNs: number;
  /** What the kernel was told last, and when; undefined once it was reset. */
  #told: { readonly errorNs: number; readonly hiddenNs: number; readonly atNs: number } | undefined;
  #steppedAtNs = -1;
  #isWithin = true;
  #failure: string | undefined;

  constructor(seed: number, { HonestClock: Subject, KERNEL: kernelName }: ClockModule) {
    const dice = new Dice(seed);
    this.#dice = dice;
    this.#kernelName = kernelName;
    const isHiding = dice.chance(0.25);
    this.#isDriftReckless = dice.chance(RECKLESS_SHARE / 2);
    this.#isHidingReckless = isHiding && dice.chance(RECKLESS_SHARE);
    this.#floorNs = isHiding
      ? dice.betweenPowers(MS, 20 * MS)
      : dice.chance(0.5)
        ? 0
        : dice.betweenPowers(100 * US, 5 * MS);
    this.#servers = this.#drawServers();
    const referenceLiars = this.#servers.filter(({ isLiar }) => isLiar).length;
    const mayKernelLie = dice.chance(0.1) && referenceLiars + 1 <= mostLiars(this.#servers.length + 1);
    this.#daemon = {
      isHiding,
      liesFromNs: mayKernelLie ? dice.between(60 * SECOND, 200 * SECOND) : Infinity,
      stopsAtNs: dice.chance(0.2) ? dice.between(0, 300 * SECOND) : Infinity,
      nextUpdateNs: dice.between(1, 64) * SECOND,
    };
    this.#steps = this.#drawSteps();
    this.#wallErrorNs = isHiding
      ? dice.between(-0.9, 0.9) * this.#floorNs
      : dice.sign() * dice.betweenPowers(10 * US, 20 * MS);
    this.#wantedErrorNs = this.#wallErrorNs;
    if (dice.chance(0.85)) this.#tellKernel();
    this.#clock = new Subject({
      time: { wallNs: () => this.#wallNs(), monotonicNs: () => BigInt(Math.round(this.#monotonicNs)) },
      kernel: { readClock: () => this.#readKernel() },
      floorNs: BigInt(Math.round(this.#floorNs)),
      references: this.#servers.map(({ name }) => name),
    });
  }

  run(): { isWithinAssumptions: boolean; failure: string | undefined; widthRatios: number[] } {
    const { driftPpm } = ASSUMED;
    for (let sample = 0; sample < SAMPLES && !this.#failure; sample++) {
      const limit = this.#isDriftReckless ? 5 * driftPpm : driftPpm;
      this.#driftPpm = this.#dice.between(-limit, limit);
      const strideNs = this.#dice.betweenPowers(20 * MS, 8 * SECOND);
      const step = this.#steps[0];
      if (step && step.atNs <= this.#trueNs + strideNs) {
        this.#steps.shift();
        this.#advance(Math.max(0, step.atNs - this.#trueNs));
        this.#clock.sample();
        // Two steps between two samples could not be told from one.
        this.#daemon.nextUpdateNs = Math.max(this.#daemon.nextUpdateNs, this.#trueNs + 500 * MS);
        this.#advance(125 * MS);
        this.#takeStep(step);
        this.#look();
        this.#advance(125 * MS);
      } else {
        this.#advance(strideNs / 2);
        this.#look();
        this.#advance(strideNs / 2);
      }
      this.#clock.sample();
      this.#look();
      if (sample % WIDTH_EVERY === 0) this.#compareWidth();
    }
    return { isWithinAssumptions: this.#isWithin, failure: this.#failure, widthRatios: this.#widthRatios };
  }

  #drawServers(): Server[] {
    const dice = this.#dice;
    const count = dice.chance(0.25) ? 0 : dice.whole(1, 5);
    const most = mostLiars(count + 1);
    const liars = dice.chance(0.4) ? dice.whole(0, dice.chance(RECKLESS_SHARE) ? count : most) : 0;
    return Array.from({ length: count }, (_, index): Server => {
      const boundNs = dice.betweenPowers(100 * US, 20 * MS);
      const isLiar = index < liars;
      // The worst liars are those that are just beyond their bound.
      const lieNs = boundNs + dice.betweenPowers(100 * US, 10 * SECOND);
      return {
        name: `server-${index}`,
        boundNs,
        errorNs: isLiar ? dice.sign() * lieNs : dice.between(-1, 1) * boundNs,
        isLiar,
        delayNs: dice.betweenPowers(100 * US, 60 * MS),
        asymmetry: dice.roll(),
        loss: dice.chance(0.3) ? dice.between(0, 0.6) : 0,
        schedule: FIRST_POLL,
        nextPollNs: dice.between(1, 500) * MS,
        pending: undefined,
        best: [],
      };
    });
  }

  #drawSteps(): StepPlan[] {
    const dice = this.#dice;
    const count = dice.chance(0.6) ? 0 : dice.whole(1, 3);
    return Array.from({ length: count }, (): StepPlan => {
      const kind = (['set', 'hypervisor', 'sleep'] as const)[dice.whole(0, 2)] ?? 'set';
      const sizeNs = dice.betweenPowers(5 * MS, 3600 * SECOND);
      return { atNs: dice.between(1, 240) * SECOND, sizeNs: kind === 'sleep' ? sizeNs : dice.sign() * sizeNs, kind };
    }).toSorted((one, other) => one.atNs - other.atNs);
  }

  #wallNs(): bigint {
    return START + BigInt(Math.round(this.#trueNs + this.#wallErrorNs));
  }

  /** Lets time pass, and on the way the daemon update and the references be asked and answer. */
  #advance(elapsedNs: number): void {
    const endNs = this.#trueNs + elapsedNs;
    for (;;) {
      const next = Math.min(endNs, this.#daemon.nextUpdateNs, ...this.#servers.map(nextEventNs));
      this.#pass(Math.max(0, next - this.#trueNs));
      if (next >= endNs) return;
      if (this.#daemon.nextUpdateNs <= this.#trueNs) this.#update();
      for (const server of this.#servers) this.#serve(server);
    }
  }

  #pass(elapsedNs: number): void {
    this.#trueNs += elapsedNs;
    this.#monotonicNs += elapsedNs * (1 + this.#driftPpm / 1e6);
    const leftNs = this.#wantedErrorNs - this.#wallErrorNs;
    const mostNs = (elapsedNs * SLEW_PPM) / 1e6;
    this.#wallErrorNs += Math.max(-mostNs, Math.min(mostNs, leftNs));
  }

  #update(): void {
    const { isHiding, liesFromNs, stopsAtNs } = this.#daemon;
    const dice = this.#dice;
    this.#daemon.nextUpdateNs = this.#trueNs + dice.between(8, 64) * SECOND;
    if (this.#trueNs >= stopsAtNs) {
      this.#daemon.nextUpdateNs = Infinity;
      return;
    }
    if (this.#trueNs >= liesFromNs) {
      // It has come to believe a wrong source, and slews and steps after it without a doubt.
      this.#wallErrorNs += dice.sign() * dice.betweenPowers(30 * MS, 10 * SECOND);
      this.#wantedErrorNs = this.#wallErrorNs;
      this.#told = { errorNs: dice.betweenPowers(10 * US, MS), hiddenNs: 0, atNs: this.#trueNs };
      return;
    }
    const goodNs = isHiding ? 0.9 * this.#floorNs : dice.betweenPowers(10 * US, 20 * MS);
    this.#wantedErrorNs = dice.between(-goodNs, goodNs);
    // What cannot be slewed is stepped.
    if (Math.abs(this.#wallErrorNs) > 2 * goodNs || isHiding) this.#wallErrorNs = this.#wantedErrorNs;
    this.#tellKernel();
  }

  #tellKernel(): void {
    const { isHiding } = this.#daemon;
    const worstNs = Math.max(Math.abs(this.#wallErrorNs), Math.abs(this.#wantedErrorNs));
    const hiddenNs = isHiding ? worstNs : 0;
    if (this.#isHidingReckless && isHiding) this.#wallErrorNs = this.#wantedErrorNs = 3 * this.#floorNs;
    const errorNs = isHiding ? 0 : Math.round(worstNs * this.#dice.between(1, 2)) + 100 * US;
    this.#told = { errorNs, hiddenNs, atNs: this.#trueNs };
  }

  #kernelErrorNs(): number {
    if (!this.#told) return 16 * SECOND;
    const { errorNs, atNs } = this.#told;
    return Math.min(16 * SECOND, errorNs + Math.floor((this.#trueNs - atNs) / SECOND) * 500 * US);
  }

  #readKernel(): KernelReading {
    const maxErrorNs = BigInt(Math.floor(this.#kernelErrorNs() / US) * US);
    return {
      maxErrorNs,
      estimatedErrorNs: maxErrorNs / 2n,
      offsetNs: 0n,
      frequencyPpm: 0,
      status: this.#told ? 0x2001 : 0x2041,
      isUnsynchronized: !this.#told,
      leap: 'none',
      taiOffsetS: 37,
    };
  }

  #takeStep({ sizeNs, kind }: StepPlan): void {
    this.#steppedAtNs = this.#trueNs;
    if (kind === 'sleep') {
      // True time and the wall clock go on, the monotonic clock does not.
      this.#trueNs += sizeNs;
      this.#daemon.nextUpdateNs = Math.max(this.#daemon.nextUpdateNs, this.#trueNs + SECOND);
      for (const server of this.#servers) {
        server.best = [];
        server.pending = undefined;
        server.nextPollNs = Math.max(server.nextPollNs, this.#trueNs);
      }
    } else {
      this.#wallErrorNs += sizeNs;
      this.#wantedErrorNs = this.#wallErrorNs;
      // Somebody will notice, or nobody ever.
      this.#daemon.nextUpdateNs = this.#trueNs + this.#dice.between(1, 60) * SECOND;
    }
    if (kind === 'set') this.#told = undefined;
  }

  #serve(server: Server): void {
    if (server.pending && server.pending.atNs <= this.#trueNs) {
      const { answer } = server.pending;
      server.pending = undefined;
      this.#clock.addAnswer(server.name, answer);
      server.best = [answer, ...server.best].slice(0, 8);
      this.#note(server, 'answered');
    }
    if (server.nextPollNs > this.#trueNs) return;
    const dice = this.#dice;
    server.nextPollNs = Infinity;
    if (dice.chance(server.loss)) {
      this.#note(server, 'unanswered');
      return;
    }
    const delayNs = server.delayNs * (dice.chance(0.1) ? dice.between(1, 10) : dice.between(0.8, 1.2));
    const outwardNs = delayNs * server.asymmetry;
    const askedAtNs = Math.round(this.#monotonicNs);
    const t2Ns = START + BigInt(Math.round(this.#trueNs + outwardNs + server.errorNs));
    const answeredAtNs = BigInt(Math.ceil(this.#monotonicNs + delayNs * (1 + this.#driftPpm / 1e6)));
    const exchange = { t1Ns: BigInt(askedAtNs) - 1n, t2Ns, t3Ns: t2Ns, t4Ns: answeredAtNs };
    const interval = boundTruth(exchange, BigInt(server.boundNs));
    if (!interval) throw new Error('An exchange takes time');
    server.pending = {
      atNs: this.#trueNs + delayNs,
      answer: { askedAtNs: exchange.t1Ns, answeredAtNs, interval, leap: 'none' },
    };
  }

  #note(server: Server, outcome: 'answered' | 'unanswered'): void {
    const wasOut = isCountedOut(server.schedule);
    server.schedule = noteOutcome(server.schedule, outcome);
    if (!wasOut && isCountedOut(server.schedule)) {
      this.#clock.countOut(server.name);
      server.best = [];
    }
    server.nextPollNs = this.#trueNs + (delayBeforePoll(server.schedule, this.#dice.roll()) ?? Infinity) * MS;
  }

  /** Whether the assumptions hold at this instant, whatever the clock makes of it. */
  #judgeSources(): void {
    const counted = this.#servers.filter(({ schedule }) => !isCountedOut(schedule));
    const isKernelLying = this.#trueNs >= this.#daemon.liesFromNs;
    const liars = counted.filter(({ isLiar }) => isLiar).length + (isKernelLying ? 1 : 0);
    const speaking = this.#servers.filter(({ best }) => best.length > 0);
    const isKernelSpeaking = this.#kernelErrorNs() < 16 * SECOND;
    const honest = speaking.filter(({ isLiar }) => !isLiar).length + (isKernelSpeaking && !isKernelLying ? 1 : 0);
    const isAnyoneSpeaking = speaking.length > 0 || isKernelSpeaking;
    if (liars > ASSUMED.honestMajority(counted.length + (isKernelSpeaking ? 1 : 0))) this.#isWithin = false;
    if (isAnyoneSpeaking && honest === 0) this.#isWithin = false;
    if (this.#isDriftReckless || this.#isHidingReckless) this.#isWithin = false;
  }

  #look(): void {
    const reading = this.#clock.now();
    this.#judgeSources();
    const trueNs = START + BigInt(Math.round(this.#trueNs));
    if (!holds(reading, trueNs)) this.#failure = this.#describe(reading, trueNs);
  }

  #compareWidth(): void {
    const reading = this.#clock.now();
    const idealNs = this.#idealWidthNs();
    if (reading.earliestNs !== null && reading.latestNs !== null && idealNs !== undefined) {
      this.#widthRatios.push(Number(reading.latestNs - reading.earliestNs) / idealNs);
    }
  }

  /** The width of the merge of all that is right, by one who knows what that is. */
  #idealWidthNs(): number | undefined {
    const nowNs = BigInt(Math.round(this.#monotonicNs));
    const ageOf = (interval: Interval, sinceNs: bigint): Interval => {
      const growthNs = BigInt(Math.ceil((Number(nowNs - sinceNs) * ASSUMED.driftPpm) / 1e6));
      return { lowNs: interval.lowNs - growthNs, highNs: interval.highNs + growthNs };
    };
    const right = this.#servers
      .filter(({ isLiar }) => !isLiar)
      .flatMap(({ best }) => best.map(({ interval, answeredAtNs }) => ageOf(interval, answeredAtNs)));
    const isTold = this.#told && this.#told.atNs >= this.#steppedAtNs && this.#trueNs < this.#daemon.liesFromNs;
    if (this.#told && isTold) {
      const boundNs = BigInt(Math.round(this.#kernelErrorNs() + this.#told.hiddenNs));
      const middleNs = this.#wallNs() - nowNs;
      right.push({ lowNs: middleNs - boundNs, highNs: middleNs + boundNs });
    }
    const [first, ...others] = right;
    if (!first) return undefined;
    let { lowNs, highNs } = first;
    for (const other of others) {
      if (other.lowNs > lowNs) lowNs = other.lowNs;
      if (other.highNs < highNs) highNs = other.highNs;
    }
    return Number(highNs - lowNs);
  }

  #describe({ state, earliestNs, latestNs }: ClockReading, trueNs: bigint): string {
    const verdicts = this.#clock.report().sources.map(({ name, verdict }) => `${name} ${verdict}`);
    const early = `${Number((earliestNs ?? 0n) - trueNs) / MS} ms`;
    const late = `${Number((latestNs ?? 0n) - trueNs) / MS} ms`;
    return `after ${this.#trueNs / SECOND} s, ${state}, true time is not within ${early} … ${late} of itself; ${verdicts.join(', ')}; ${this.#kernelName} tells ${this.#kernelErrorNs() / MS} ms and is off by ${this.#wallErrorNs / MS} ms`;
  }
}

function nextEventNs({ nextPollNs, pending }: Server): number {
  return Math.min(nextPollNs, pending?.atNs ?? Infinity);
}

/** Whether an interval holds true time, and the bound says so too; a reading without a bound claims nothing. */
function holds({ epochNs, boundNs, earliestNs, latestNs }: ClockReading, trueNs: bigint): boolean {
  if (earliestNs === null || latestNs === null || boundNs === null) return true;
  const isInside = earliestNs <= trueNs && trueNs <= latestNs;
  return isInside && trueNs - epochNs <= boundNs && epochNs - trueNs <= boundNs;
}

export function runScenario(seed: number, module: ClockModule): Outcome {
  return { seed, ...new Scenario(seed, module).run() };
}

export interface Summary {
  readonly withinShare: number;
  /** What failed within the assumptions, each with its seed. */
  readonly failures: readonly string[];
  readonly medianWidthRatio: number;
}

export function runScenarios(firstSeed: number, count: number, module: ClockModule): Summary {
  const outcomes = Array.from({ length: count }, (_, index) => runScenario(firstSeed + index, module));
  const within = outcomes.filter(({ isWithinAssumptions }) => isWithinAssumptions);
  const ratios = within.flatMap(({ widthRatios }) => widthRatios).toSorted((one, other) => one - other);
  return {
    withinShare: within.length / count,
    failures: within.flatMap(({ seed, failure }) => (failure === undefined ? [] : [`seed ${seed}: ${failure}`])),
    medianWidthRatio: ratios[Math.floor(ratios.length / 2)] ?? NaN,
  };
}
