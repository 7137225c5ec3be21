/** A time of one zone on the clocks of another; a time that never comes, or comes twice, is explained. */
import { byId, make } from './dom.ts';
import { formatDuration, nameCity, parseOffset, wallTimeFormat } from './format.ts';
import { ask, query, RefusedError } from './service.ts';
import { findZone } from './zone-search.ts';

interface Moment {
  readonly instant: string;
  readonly local: string;
  readonly offset: string;
}

/** `/v1/convert`, as far as this page reads it. */
export interface ConversionAnswer extends Moment {
  readonly occurrence: 'unique' | 'gap' | 'overlap';
  readonly earlier?: Moment;
  readonly later?: Moment;
  readonly to: readonly { readonly local: string; readonly offset: string }[];
}

const dayAndTime = wallTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const shortTime = wallTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

const form = byId('convert-form', HTMLFormElement);
const time = byId('convert-time', HTMLInputElement);
const from = byId('convert-from', HTMLInputElement);
const to = byId('convert-to', HTMLInputElement);
const result = byId('convert-result', HTMLElement);

export class Converter {
  names: readonly string[] = [];

  /** @param wallMs the wall time that the form begins with */
  constructor(fromZone: string, toZone: string, wallMs: number) {
    time.value = new Date(wallMs).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
    from.value = fromZone;
    to.value = toZone;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#convert();
    });
  }

  async #convert(): Promise<void> {
    const [fromZone, toZone] = [from.value, to.value].map((typed) => findZone(this.names, typed) ?? typed);
    if (fromZone === undefined || toZone === undefined) return;
    const path = (disambiguation: string) =>
      `/v1/convert${query({ time: time.value, from: fromZone, to: toZone, disambiguation })}`;
    try {
      const earlier = await ask<ConversionAnswer>(path('earlier'));
      const later = earlier.occurrence === 'unique' ? undefined : await ask<ConversionAnswer>(path('later'));
      show(fromZone, toZone, time.value, earlier, later);
    } catch (error) {
      const text = error instanceof RefusedError ? error.message : 'The service is not to be reached. Try again later.';
      result.replaceChildren(make('p', { className: 'refusal' }, text));
    }
  }
}

function show(
  fromZone: string,
  toZone: string,
  asked: string,
  earlier: ConversionAnswer,
  later: ConversionAnswer | undefined,
): void {
  const target = (answer: ConversionAnswer) =>
    make('p', { className: 'answer' }, `${writeLocal(answer.to[0])} in ${nameCity(toZone)}`);
  if (!later) {
    result.replaceChildren(target(earlier), make('p', {}, `${writeLocal(earlier)} in ${nameCity(fromZone)}`));
    return;
  }
  result.replaceChildren(
    make('p', { className: `explanation ${earlier.occurrence}` }, explain(fromZone, asked, earlier, later)),
    ...[earlier, later].flatMap((answer) => [
      target(answer),
      make('p', {}, `read as ${writeLocal(answer)} (UTC${answer.offset}) in ${nameCity(fromZone)}`),
    ]),
  );
}

function explain(zone: string, asked: string, earlier: ConversionAnswer, later: ConversionAnswer): string {
  const wall = shortTime(Date.parse(`${asked}Z`));
  const size = formatDuration(parseOffset(later.offset) - parseOffset(earlier.offset));
  const city = nameCity(zone);
  return earlier.occurrence === 'gap'
    ? `${wall} does not exist in ${city} that day: the clocks go forward by ${size} and skip it. It can be meant in two ways:`
    : `${wall} comes twice in ${city} that day: the clocks go back by ${size} and show it again. It can be either:`;
}

/** The wall time of an RFC 9557 text, in the reader's locale. */
function writeLocal(moment: { local: string } | undefined): string {
  return moment ? dayAndTime(Date.parse(`${moment.local.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`)) : '';
}
