/**
 * The service's time, by the reader's steady clock. Question and answer take time that nobody sees the halves of: each
 * exchange puts the service's clock in an interval as wide as its round trip, and of several the narrowest is believed
 * (RFC 5905, sections 8 and 10). From then on a reader's crystal drifts, so the interval grows until the next one.
 */

/** Four timestamps: t1 and t4 by the reader's steady clock, t2 and t3 by the service's wall clock, in milliseconds. */
export interface Exchange {
  readonly t1Ms: number;
  readonly t2Ms: number;
  readonly t3Ms: number;
  readonly t4Ms: number;
}

/** What the service's wall clock shows at one moment of the reader's steady clock. */
export interface Measurement {
  readonly steadyMs: number;
  readonly serviceMs: number;
  /** How far the service's clock can be from that. */
  readonly uncertaintyMs: number;
}

/** More than the crystals of phones and laptops drift. */
const MAX_DRIFT = 100e-6;

/** @returns undefined for timestamps that contradict each other */
export function measure({ t1Ms, t2Ms, t3Ms, t4Ms }: Exchange): Measurement | undefined {
  const roundTripMs = t4Ms - t1Ms - (t3Ms - t2Ms);
  if (roundTripMs < 0 || t3Ms < t2Ms) return undefined;
  return { steadyMs: t4Ms, serviceMs: t3Ms + roundTripMs / 2, uncertaintyMs: roundTripMs / 2 };
}

/** What a measurement is worth at a later moment. */
export function carryForward({ steadyMs, serviceMs, uncertaintyMs }: Measurement, nowMs: number): Measurement {
  const elapsedMs = nowMs - steadyMs;
  return {
    steadyMs: nowMs,
    serviceMs: serviceMs + elapsedMs,
    uncertaintyMs: uncertaintyMs + elapsedMs * MAX_DRIFT,
  };
}

/**
 * The measurement to go on with. An old one that is still narrower is kept, unless the two contradict each other: then the
 * service's clock was set, or the reader's slept, and only the new one can be right.
 */
export function choose(old: Measurement | undefined, fresh: Measurement): Measurement {
  if (!old) return fresh;
  const carried = carryForward(old, fresh.steadyMs);
  const agree = Math.abs(carried.serviceMs - fresh.serviceMs) <= carried.uncertaintyMs + fresh.uncertaintyMs;
  return agree && carried.uncertaintyMs < fresh.uncertaintyMs ? carried : fresh;
}
