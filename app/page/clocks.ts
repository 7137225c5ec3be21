/**
 * World clocks, and a bar that is one day of the reader's: each clock shows the chosen moment, each strip where in its own
 * day that is. Until the bar is moved the moment is now.
 */
import { keepZones, readZones, recallZones, writeZones } from './chosen-zones.ts';
import { byId, make, write } from './dom.ts';
import { formatDuration, nameCity, parseOffset, wallTimeFormat } from './format.ts';
import { describeZone, type HomeZone } from './home-zone.ts';
import { ask, RefusedError } from './service.ts';
import { DAY_MS, dayDifference, lightDay, offsetNear, type ZoneAnswer } from './zone-day.ts';
import { findZone } from './zone-search.ts';

const FIRST_ZONES = ['UTC', 'America/New_York', 'Europe/Paris', 'Asia/Tokyo'];
const MINUTE_MS = 60_000;

const shortTime = wallTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = wallTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const dayAndTime = wallTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const list = byId('clocks', HTMLElement);
const bar = byId('bar-time', HTMLInputElement);
const barValue = byId('bar-value', HTMLElement);
const backToNow = byId('bar-now', HTMLButtonElement);
const form = byId('add-form', HTMLFormElement);
const input = byId('add-zone', HTMLInputElement);
const note = byId('add-note', HTMLElement);

interface Row {
  readonly zone: string;
  readonly item: HTMLLIElement;
  readonly time: HTMLElement;
  readonly day: HTMLElement;
  readonly details: HTMLElement;
  readonly saving: HTMLElement;
  readonly strip: HTMLElement;
  answer?: ZoneAnswer;
  shownDayMs?: number;
}

export class Clocks {
  #home: HomeZone;
  #nowMs: number;
  /** Minutes into the reader's day, or undefined while the clocks go with the time. */
  #chosenMinute: number | undefined;
  #rows: Row[] = [];
  #names: readonly string[] = [];

  constructor(home: HomeZone, nowMs: number) {
    this.#home = home;
    this.#nowMs = nowMs;
    const zones = readZones(location.search) ?? recallZones(localStorage) ?? [];
    for (const zone of zones.length > 0 ? zones : FIRST_ZONES) this.#append(zone);
    bar.addEventListener('input', () => this.#chooseMinute(Number(bar.value)));
    backToNow.addEventListener('click', () => {
      this.#chooseMinute(undefined);
      bar.focus();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#add();
    });
  }

  get zones(): readonly string[] {
    return this.#rows.map(({ zone }) => zone);
  }

  /** The names that may be typed. */
  set names(names: readonly string[]) {
    this.#names = names;
  }

  set home(home: HomeZone) {
    this.#home = home;
    this.#render();
  }

  /** Called once a second; what is asked of the service anew is what a transition has made stale. */
  tick(nowMs: number): void {
    const isNewMinute = Math.floor(nowMs / MINUTE_MS) !== Math.floor(this.#nowMs / MINUTE_MS);
    this.#nowMs = nowMs;
    if (!isNewMinute) return;
    for (const row of this.#rows) {
      if (!row.answer || (row.answer.next && nowMs >= Date.parse(row.answer.next.instant))) void this.#load(row);
    }
    this.#render();
  }

  /** Asks again for what the service did not answer. */
  reload(): void {
    for (const row of this.#rows) if (!row.answer) void this.#load(row);
  }

  #add(): void {
    const zone = findZone(this.#names, input.value);
    if (zone === undefined) {
      write(note, `No zone is called “${input.value.trim()}”. Try a large city near it, or an offset such as +05:30.`);
    } else if (this.zones.includes(zone)) {
      write(note, `${nameCity(zone)} is in the list already.`);
    } else {
      this.#append(zone);
      this.#keep();
      write(note, `${nameCity(zone)} was added.`);
      input.value = '';
    }
  }

  #append(zone: string): void {
    const row: Row = {
      zone,
      item: make('li'),
      time: make('span', { className: 'time' }),
      day: make('span', { className: 'other-day' }),
      details: make('span', { className: 'details' }),
      saving: make('span', { className: 'details' }),
      strip: make('div', { className: 'strip' }),
    };
    const remove = make('button', { type: 'button', className: 'remove', title: `Remove ${nameCity(zone)}` }, '×');
    remove.setAttribute('aria-label', `Remove ${nameCity(zone)}`);
    remove.addEventListener('click', () => this.#remove(row));
    row.strip.setAttribute('aria-hidden', 'true');
    row.strip.addEventListener('pointerdown', (event) => this.#drag(row.strip, event));
    const name = make('span', { className: 'city' }, nameCity(zone));
    const place = make('div', { className: 'place' }, name, row.details, row.saving);
    row.item.append(place, row.strip, make('div', { className: 'reading' }, row.time, row.day), remove);
    list.append(row.item);
    this.#rows.push(row);
    void this.#load(row);
  }

  #remove(row: Row): void {
    const index = this.#rows.indexOf(row);
    this.#rows.splice(index, 1);
    row.item.remove();
    this.#keep();
    write(note, `${nameCity(row.zone)} was removed.`);
    // The focus was on what is gone; the next thing of its kind is where a person goes on.
    const neighbour = this.#rows[index] ?? this.#rows[index - 1];
    (neighbour?.item.querySelector<HTMLElement>('.remove') ?? input).focus();
  }

  #keep(): void {
    keepZones(localStorage, this.zones);
    history.replaceState(null, '', writeZones(location.search, this.zones) + location.hash);
  }

  async #load(row: Row): Promise<void> {
    try {
      row.answer = await ask<ZoneAnswer>(`/v1/zones/${encodeURI(row.zone)}`);
      delete row.shownDayMs;
      this.#render();
    } catch (error) {
      if (error instanceof RefusedError) write(row.details, error.message);
    }
  }

  #drag(strip: HTMLElement, event: PointerEvent): void {
    strip.setPointerCapture(event.pointerId);
    const move = ({ clientX }: PointerEvent): void => {
      const { left, width } = strip.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (clientX - left) / width));
      this.#chooseMinute(Math.round((part * 24 * 60) / 15) * 15);
    };
    move(event);
    strip.addEventListener('pointermove', move);
    const end = (): void => strip.removeEventListener('pointermove', move);
    strip.addEventListener('pointerup', end, { once: true });
    strip.addEventListener('pointercancel', end, { once: true });
  }

  #chooseMinute(minute: number | undefined): void {
    this.#chosenMinute = minute;
    this.#render();
  }

  #render(): void {
    const homeWallMs = this.#nowMs + this.#home.offsetAt(this.#nowMs);
    const midnightWallMs = Math.floor(homeWallMs / DAY_MS) * DAY_MS;
    const startMs = midnightWallMs - this.#home.offsetAt(midnightWallMs - this.#home.offsetAt(this.#nowMs));
    const isNow = this.#chosenMinute === undefined;
    const chosenMs = isNow ? this.#nowMs : startMs + (this.#chosenMinute ?? 0) * MINUTE_MS;
    const minute = (chosenMs - startMs) / MINUTE_MS;
    const homeText = weekday(chosenMs + this.#home.offsetAt(chosenMs));
    bar.value = String(minute);
    bar.setAttribute('aria-valuetext', `${homeText}, ${nameCity(this.#home.name)}`);
    write(barValue, isNow ? 'now' : `${homeText} in ${nameCity(this.#home.name)}`);
    backToNow.hidden = isNow;
    list.style.setProperty('--at', String(Math.min(1, minute / (24 * 60))));
    for (const row of this.#rows) this.#renderRow(row, startMs, chosenMs);
  }

  #renderRow(row: Row, startMs: number, chosenMs: number): void {
    const { answer } = row;
    if (!answer) return;
    const offsetAt = offsetNear(answer, parseOffset);
    const wallMs = chosenMs + offsetAt(chosenMs);
    write(row.time, shortTime(wallMs));
    const days = dayDifference(wallMs, chosenMs + this.#home.offsetAt(chosenMs));
    write(row.day, days === 0 ? '' : days > 0 ? 'the day after' : 'the day before');
    write(row.details, describeZone(answer));
    write(row.saving, describeSaving(answer));
    if (row.shownDayMs === startMs) return;
    row.shownDayMs = startMs;
    row.strip.replaceChildren(
      ...lightDay(startMs, offsetAt).map(({ light, from, to }) => {
        const part = make('i', { className: light });
        part.style.left = `${from * 100}%`;
        part.style.width = `${(to - from) * 100}%`;
        return part;
      }),
      make('b'),
    );
  }
}

function describeSaving({ dst, next }: ZoneAnswer): string {
  const now = dst ? 'daylight saving, ' : '';
  if (!next) return `${now}no change ahead`;
  const changeMs = parseOffset(next.offsetAfter) - parseOffset(next.offsetBefore);
  const at = dayAndTime(Date.parse(next.instant) + parseOffset(next.offsetBefore));
  return `${now}${formatDuration(changeMs)} ${changeMs > 0 ? 'forward' : 'back'} on ${at}`;
}
