/** What the node that answers makes of its own clock and of the other nodes': each as an interval on one scale. */
import { describeChanges, listSources, type ClockReport } from './clock-change.ts';
import { byId, draw, make, write } from './dom.ts';
import { formatDuration, wallTimeFormat } from './format.ts';
import { chooseScale, listTicks } from './scale.ts';
import { ask, parseInstantMs, RefusedError } from './service.ts';
import { describeReleases } from './tz-release.ts';

interface PeerAnswer {
  readonly node: string;
  readonly verdict: 'agrees' | 'ahead' | 'behind' | 'silent';
  readonly offsetUs: number | null;
  readonly uncertaintyUs: number | null;
  readonly lastHeard: string | null;
  readonly tzdb: string | null;
}

/** `/v1/peers`, as far as this page reads it. */
export interface PeersAnswer {
  readonly toleranceUs: number;
  readonly outvoted: boolean;
  readonly tzdb: string;
  readonly peers: readonly PeerAnswer[];
}

const INTERVAL_MS = 5000;
const RETRY_MS = 2000;
const MOST_EVENTS = 20;

const sources = byId('clock-sources', HTMLElement);
const summary = byId('cluster-summary', HTMLElement);
const figure = byId('peers', HTMLElement);
const releases = byId('tz-releases', HTMLElement);
const events = byId('events', HTMLElement);
const eventsTitle = byId('events-title', HTMLElement);
const clockTime = wallTimeFormat(undefined, { timeStyle: 'medium' });

/** Follows the cluster for as long as the page is open. */
export class Cluster {
  readonly #offsetAt: (epochMs: number) => number;
  readonly #onTrouble: () => void;
  #report: ClockReport | undefined;

  /**
   * @param offsetAt of the reader's zone
   * @param onTrouble called when the stream of events breaks: the first sign of a lost connection
   */
  constructor(offsetAt: (epochMs: number) => number, onTrouble: () => void) {
    this.#offsetAt = offsetAt;
    this.#onTrouble = onTrouble;
    void this.#poll();
    this.#listen();
  }

  async #poll(): Promise<void> {
    try {
      this.#show(await ask<PeersAnswer>('/v1/peers'));
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) {
        write(summary, 'This service runs by itself: it compares its clock with no other node’s.');
        return;
      }
      figure.classList.add('stale');
    }
    setTimeout(() => void this.#poll(), INTERVAL_MS);
  }

  #listen(): void {
    const stream = new EventSource('/v1/events');
    stream.addEventListener('clock', ({ data }: MessageEvent<string>) => this.#log(data));
    stream.addEventListener('error', () => {
      this.#onTrouble();
      // A stream that breaks is opened again by the browser, one that is refused is not: and a service that drains refuses.
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => this.#listen(), RETRY_MS);
    });
  }

  #log(data: string): void {
    const report = JSON.parse(data) as ClockReport;
    const changes = describeChanges(this.#report, report);
    this.#report = report;
    const names = listSources(report);
    write(sources, names === '' ? 'The clock has no source that says how wrong it is.' : `Its sources: ${names}.`);
    if (changes.length === 0) return;
    const atMs = parseInstantMs(report.instant);
    const time = clockTime(atMs + this.#offsetAt(atMs));
    eventsTitle.hidden = false;
    events.prepend(...changes.map((change) => make('li', {}, make('time', {}, time), ` ${change}`)));
    while (events.children.length > MOST_EVENTS) events.lastElementChild?.remove();
  }

  #show({ peers, toleranceUs, outvoted, tzdb }: PeersAnswer): void {
    figure.classList.remove('stale');
    figure.hidden = peers.length === 0;
    write(summary, summarize(peers, outvoted));
    write(releases, describeReleases(tzdb, peers));
    const reach = chooseScale(Math.max(toleranceUs, ...peers.map(reachOf)) / 1000);
    const rows = peers.map((peer) =>
      make(
        'tr',
        { className: peer.verdict },
        Object.assign(make('th', {}, peer.node), { scope: 'row' }),
        make('td', { className: 'plot' }, plot(peer, toleranceUs / 1000, reach)),
        make('td', {}, this.#describe(peer)),
      ),
    );
    const head = make(
      'tr',
      {},
      ...['Node', `± ${formatDuration(reach)}`, 'Its clock'].map((text) => make('th', {}, text)),
    );
    figure.replaceChildren(
      make(
        'table',
        {},
        make('caption', { className: 'hidden' }, 'The clocks of other nodes, from this one’s'),
        make('thead', {}, head),
        make('tbody', {}, ...rows),
      ),
    );
  }

  #describe({ verdict, offsetUs, uncertaintyUs, lastHeard }: PeerAnswer): string {
    if (offsetUs === null || uncertaintyUs === null) {
      const heardMs = lastHeard === null ? undefined : parseInstantMs(lastHeard);
      return heardMs === undefined ? 'never heard of' : `silent since ${clockTime(heardMs + this.#offsetAt(heardMs))}`;
    }
    const bound = `± ${formatDuration(uncertaintyUs / 1000)}`;
    const size = formatDuration(offsetUs / 1000);
    return verdict === 'agrees'
      ? `agrees, ${offsetUs < 0 ? '−' : '+'}${size} ${bound}`
      : `${size} ${verdict}, ${bound}`;
  }
}

function summarize(peers: readonly PeerAnswer[], outvoted: boolean): string {
  if (peers.length === 0) return 'This service knows of no other node to compare its clock with.';
  if (outvoted) return 'Most nodes agree on another time than the node that answers: it is the one that is wrong.';
  const wrong = peers.filter(({ verdict }) => verdict === 'ahead' || verdict === 'behind').map(({ node }) => node);
  if (wrong.length > 0) return `${wrong.join(', ')} ${wrong.length === 1 ? 'disagrees' : 'disagree'} with this node.`;
  const heard = peers.filter(({ verdict }) => verdict === 'agrees').length;
  return `${heard} of ${peers.length} other ${peers.length === 1 ? 'node' : 'nodes'} heard, and all agree.`;
}

function reachOf({ offsetUs, uncertaintyUs }: PeerAnswer): number {
  return Math.abs(offsetUs ?? 0) + (uncertaintyUs ?? 0);
}

const WIDTH = 400;
const HEIGHT = 28;

function plot({ offsetUs, uncertaintyUs }: PeerAnswer, toleranceMs: number, reach: number): SVGElement {
  const place = (ms: number) => WIDTH / 2 + (ms / reach) * (WIDTH / 2 - 4);
  const line = (x1: number, x2: number, y1: number, y2: number, name: string) =>
    draw('line', { class: name, x1, x2, y1, y2 });
  const middle = HEIGHT / 2;
  const svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const tolerance = {
    x: place(-toleranceMs),
    width: place(toleranceMs) - place(-toleranceMs),
    y: 2,
    height: HEIGHT - 4,
  };
  svg.append(
    draw('rect', { class: 'tolerance', ...tolerance }),
    ...listTicks(reach).map((ms) => line(place(ms), place(ms), middle - 3, middle + 3, 'tick')),
    line(place(0), place(0), 0, HEIGHT, 'zero'),
  );
  if (offsetUs === null || uncertaintyUs === null) return svg;
  const [low, high] = [place((offsetUs - uncertaintyUs) / 1000), place((offsetUs + uncertaintyUs) / 1000)];
  svg.append(
    line(low, high, middle, middle, 'interval'),
    line(low, low, middle - 6, middle + 6, 'interval'),
    line(high, high, middle - 6, middle + 6, 'interval'),
    line(place(offsetUs / 1000), place(offsetUs / 1000), middle, middle, 'offset'),
  );
  return svg;
}
