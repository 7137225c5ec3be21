/** The time, large, and how wrong it can be: as a band on a scale of milliseconds, and in words. */
import { nameState } from './clock-change.ts';
import { byId, draw, make, write } from './dom.ts';
import { describeOffset, formatDuration, wallTimeFormat } from './format.ts';
import type { ServiceClock, ServiceTime } from './service-clock.ts';
import type { HomeZone } from './home-zone.ts';
import { chooseScale, listTicks } from './scale.ts';

const WIDTH = 1000;
const HEIGHT = 84;
const MIDDLE = WIDTH / 2;

const timeFormat = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});
const dateFormat = wallTimeFormat(undefined, { dateStyle: 'full' });
const minuteFormat = wallTimeFormat(undefined, { timeStyle: 'short' });

const face = byId('face-time', HTMLElement);
const date = byId('face-date', HTMLElement);
const spoken = byId('face-spoken', HTMLElement);
const sweep = byId('sweep', HTMLElement);
const plot = byId('bound-plot', SVGSVGElement);
const ownLabel = byId('own-label', HTMLElement);
const scaleText = byId('bound-scale', HTMLElement);

let shownSecond = NaN;

/** Draws a frame; what only changes with the second is left alone in between. */
export function showFace(clock: ServiceClock, home: HomeZone): void {
  const time = clock.now();
  if (!time) return;
  sweep.style.transform = `scaleX(${(time.epochMs % 60_000) / 60_000})`;
  const second = Math.floor(time.epochMs / 1000);
  if (second === shownSecond) return;
  shownSecond = second;
  const wallMs = second * 1000 + home.offsetAt(time.epochMs);
  showTime(wallMs);
  write(date, `${dateFormat(wallMs)} · ${home.describe(time.epochMs)}`);
  const minute = minuteFormat(wallMs);
  write(spoken, `${minute}, ${dateFormat(wallMs)}`);
  document.title = `${minute} · time-service`;
  showBound(clock, time);
}

function showTime(wallMs: number): void {
  face.replaceChildren(
    ...timeFormat.formatToParts(wallMs).map(({ type, value }) => make('span', { className: type }, value)),
  );
}

function showBound(clock: ServiceClock, { epochMs, linkMs, boundMs }: ServiceTime): void {
  const ownMs = Date.now() - epochMs;
  const totalMs = linkMs + (boundMs ?? 0);
  write(byId('bound-value', HTMLElement), boundMs === null ? 'no bound is known' : `± ${formatDuration(totalMs)}`);
  write(byId('own-value', HTMLElement), describeOffset(ownMs, linkMs));
  write(byId('state-value', HTMLElement), nameState(clock.state));
  write(byId('trip-value', HTMLElement), clock.roundTripMs === undefined ? '–' : formatDuration(clock.roundTripMs));

  const reachMs = chooseScale(totalMs * 1.5);
  const place = (ms: number) => MIDDLE + (ms / reachMs) * MIDDLE;
  const band = (halfMs: number, name: string) =>
    draw('rect', { class: name, x: place(-halfMs), y: 22, width: place(halfMs) - place(-halfMs), height: 40 });
  const ticks = listTicks(reachMs).map((ms) =>
    draw('line', { class: 'tick', x1: place(ms), x2: place(ms), y1: ms === 0 ? 10 : 34, y2: ms === 0 ? 74 : 50 }),
  );
  const own = Math.min(WIDTH - 3, Math.max(3, place(ownMs)));
  plot.replaceChildren(
    ...(boundMs === null ? [] : [band(totalMs, 'band')]),
    band(linkMs, 'link'),
    draw('line', { class: 'axis', x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
    ...ticks,
    draw('line', { class: 'own', x1: own, x2: own, y1: 4, y2: HEIGHT - 4 }),
  );
  write(ownLabel, ownText(ownMs, reachMs));
  // As far to its left as the line is in the plot: close to the line, and neither end beyond the plot.
  const part = own / WIDTH;
  ownLabel.style.left = `${part * 100}%`;
  ownLabel.style.transform = `translateX(${-part * 100}%)`;
  const label = formatDuration(reachMs);
  scaleText.replaceChildren(...[`− ${label}`, 'the service', `+ ${label}`].map((text) => make('span', {}, text)));
}

function ownText(ownMs: number, reachMs: number): string {
  if (Math.abs(ownMs) <= reachMs) return 'your clock';
  return ownMs > 0 ? 'your clock is beyond →' : '← your clock is beyond';
}
