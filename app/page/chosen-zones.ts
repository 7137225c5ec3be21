/** Which zones the reader looks at: in the address, so that it can be passed on, and kept for the next visit. */

const PARAMETER = 'zones';
const KEY = 'time-service.zones';
const MOST = 20;

/** The zones that an address names, or undefined where it names none. */
export function readZones(search: string): string[] | undefined {
  const text = new URLSearchParams(search).get(PARAMETER);
  return text === null ? undefined : unique(text.split(',').filter((name) => name !== ''));
}

/** An address's query, with these zones in the place of those it names. */
export function writeZones(search: string, zones: readonly string[]): string {
  const parameters = new URLSearchParams(search);
  parameters.set(PARAMETER, zones.join(','));
  // Slashes and commas may stand in a query as they are, and an address is there to be read.
  return `?${parameters.toString().replaceAll('%2F', '/').replaceAll('%2C', ',')}`;
}

/** The zones that were kept; a store that is closed to this page, or holds something else, has none. */
export function recallZones(store: Pick<Storage, 'getItem'>): string[] | undefined {
  try {
    const kept: unknown = JSON.parse(store.getItem(KEY) ?? 'null');
    return Array.isArray(kept) ? unique(kept.map(String)) : undefined;
  } catch {
    return undefined;
  }
}

export function keepZones(store: Pick<Storage, 'setItem'>, zones: readonly string[]): void {
  try {
    store.setItem(KEY, JSON.stringify(zones));
  } catch {
    // Private windows refuse; the address has the zones all the same.
  }
}

function unique(zones: readonly string[]): string[] {
  return [...new Set(zones)].slice(0, MOST);
}
