/** One day of the reader's, as the clocks of a zone pass through it: offsets, and the hours of night, day and work. */

/** A zone, as `/v1/zones/{zone}` answers it; the offset holds between its transitions. */
export interface ZoneAnswer {
  readonly zone: string;
  readonly tzdb: string;
  readonly offset: string;
  readonly abbreviation: string;
  readonly dst: boolean;
  readonly previous: TransitionAnswer | null;
  readonly next: TransitionAnswer | null;
}

export interface TransitionAnswer {
  readonly instant: string;
  readonly offsetBefore: string;
  readonly offsetAfter: string;
}

export type Light = 'night' | 'day' | 'work';

/** A part of a day in one light; from and to are parts of the day's length, 0 to 1. */
export interface Segment {
  readonly light: Light;
  readonly from: number;
  readonly to: number;
}

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Where one light turns into another, in hours of the zone. */
const LIGHTS: readonly { readonly fromHour: number; readonly light: Light }[] = [
  { fromHour: 22, light: 'night' },
  { fromHour: 17, light: 'day' },
  { fromHour: 9, light: 'work' },
  { fromHour: 7, light: 'day' },
  { fromHour: 0, light: 'night' },
];

/** The lights of the day that begins at an instant. */
export function lightDay(startMs: number, offsetAt: (epochMs: number) => number): Segment[] {
  const segments: Segment[] = [];
  // A step of a quarter of an hour meets every offset that zones have today.
  const stepMs = HOUR_MS / 4;
  for (let epochMs = startMs; epochMs < startMs + DAY_MS; epochMs += stepMs) {
    const light = lightAt(epochMs + offsetAt(epochMs));
    const last = segments.at(-1);
    const to = (epochMs + stepMs - startMs) / DAY_MS;
    if (last?.light === light) segments[segments.length - 1] = { ...last, to };
    else segments.push({ light, from: (epochMs - startMs) / DAY_MS, to });
  }
  return segments;
}

function lightAt(wallMs: number): Light {
  const hour = (((wallMs % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS;
  return LIGHTS.find(({ fromHour }) => hour >= fromHour)?.light ?? 'night';
}

/** The offset of a zone near the instant it was asked about, its transitions counted in. */
export function offsetNear(zone: ZoneAnswer, parse: (offset: string) => number): (epochMs: number) => number {
  const offset = parse(zone.offset);
  const { previous, next } = zone;
  return (epochMs) => {
    if (previous && epochMs < Date.parse(previous.instant)) return parse(previous.offsetBefore);
    if (next && epochMs >= Date.parse(next.instant)) return parse(next.offsetAfter);
    return offset;
  };
}

/** The day before, the same day, or the day after, seen from another wall time. */
export function dayDifference(wallMs: number, homeWallMs: number): number {
  return Math.floor(wallMs / DAY_MS) - Math.floor(homeWallMs / DAY_MS);
}
