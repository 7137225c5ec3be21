/** The reader's own zone, with what the service's tz database says of it. */
import { parseOffset } from './format.ts';
import { ask, RefusedError } from './service.ts';
import { offsetNear, type ZoneAnswer } from './zone-day.ts';

export interface HomeZone {
  readonly name: string;
  readonly offsetAt: (epochMs: number) => number;
  /** `Europe/Paris, CET, UTC+01:00`. */
  readonly describe: (epochMs: number) => string;
}

/** As the browser has it: until the service has told more, and where the service does not know the zone. */
export function readHome(): HomeZone {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const offsetAt = (epochMs: number) => -new Date(epochMs).getTimezoneOffset() * 60_000;
  return { name, offsetAt, describe: () => name };
}

export function describeZone(answer: ZoneAnswer): string {
  const parts = [answer.zone, answer.abbreviation, answer.offset === '+00:00' ? 'UTC' : `UTC${answer.offset}`];
  return parts.filter((part, index) => parts.indexOf(part) === index && !/^[+-]\d+$/.test(part)).join(', ');
}

/** As the service has it. @throws what {@link ask} throws where there is no answer */
export async function findHome(): Promise<HomeZone> {
  const home = readHome();
  try {
    const answer = await ask<ZoneAnswer>(`/v1/zones/${home.name}`);
    return { name: answer.zone, offsetAt: offsetNear(answer, parseOffset), describe: () => describeZone(answer) };
  } catch (error) {
    if (error instanceof RefusedError) return home;
    throw error;
  }
}
