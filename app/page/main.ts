/** Composes the page: the service's clock, then what shows it, and what a lost connection does to all of it. */
import { Clocks } from './clocks.ts';
import { Cluster } from './cluster.ts';
import { Converter } from './converter.ts';
import { byId, make, write } from './dom.ts';
import { showFace } from './face.ts';
import { formatDuration, wallTimeFormat } from './format.ts';
import { findHome, readHome } from './home-zone.ts';
import { ask } from './service.ts';
import { ServiceClock } from './service-clock.ts';

const clockTime = wallTimeFormat(undefined, { timeStyle: 'medium' });
const status = byId('connection', HTMLElement);

const clock = new ServiceClock();
let home = readHome();
let clocks: Clocks | undefined;
let converter: Converter | undefined;

clock.addEventListener('connection', () => {
  document.body.dataset['connection'] = clock.connection;
  status.dataset['state'] = clock.connection;
  if (clock.connection === 'connected') void load();
  showConnection();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void clock.run();
});
addEventListener('online', () => void clock.run());
addEventListener('offline', () => void clock.run());

function showConnection(): void {
  const time = clock.now();
  if (clock.connection === 'connected') write(status, 'Connected');
  else if (time && clock.lostAtMs !== undefined) {
    const since = clockTime(clock.lostAtMs + home.offsetAt(clock.lostAtMs));
    write(
      status,
      `Connection lost at ${since}. Your own clock goes on; by now it can be off by ${formatDuration(time.linkMs)}.`,
    );
  } else if (clock.connection === 'lost') write(status, 'The service is not to be reached. Trying again …');
}

/** What is asked once for each connection: the reader's zone, and the names of all of them. */
async function load(): Promise<void> {
  const nowMs = clock.now()?.epochMs;
  if (nowMs === undefined) return;
  if (!clocks || !converter) {
    home = await findHome().catch(readHome);
    const wallMs = nowMs + home.offsetAt(nowMs);
    clocks = new Clocks(home, nowMs);
    converter = new Converter(home.name, clocks.zones.find((zone) => zone !== home.name) ?? 'UTC', wallMs);
    new Cluster(home.offsetAt, () => void clock.run());
    clocks.home = home;
  } else clocks.reload();
  const list = await ask<{ tzdb: string; zones: { zone: string }[] }>('/v1/zones').catch(() => undefined);
  if (!list) return;
  write(byId('tzdb', HTMLElement), `tz database ${list.tzdb}`);
  const names = list.zones.map(({ zone }) => zone);
  clocks.names = names;
  converter.names = names;
  byId('zone-names', HTMLElement).replaceChildren(...names.map((value) => make('option', { value })));
}

let shownSecond = NaN;

function frame(): void {
  const time = clock.now();
  if (time) {
    showFace(clock, home);
    const second = Math.floor(time.epochMs / 1000);
    if (second !== shownSecond) {
      shownSecond = second;
      clocks?.tick(time.epochMs);
      // Said once where it happens; the growing bound beside it is for the eye.
      if (clock.connection === 'lost' && second % 10 === 0) showConnection();
    }
  }
  requestAnimationFrame(frame);
}

void clock.run();
requestAnimationFrame(frame);
