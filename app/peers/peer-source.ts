/** Where the other instances are found: what the variable PEERS says. */
import { ExpectationError } from '../zones/expectation.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

export type PeerSource =
  /** These, each a node of its own. */
  | { readonly kind: 'list'; readonly hosts: readonly HostAndPort[] }
  /** Whatever addresses a name has, each a node of its own. */
  | ({ readonly kind: 'dns' } & HostAndPort)
  /** The pods behind a Service of the own namespace. */
  | { readonly kind: 'kubernetes'; readonly service: string }
  /** The instances in the registry that this one is in too. */
  | { readonly kind: 'registry' };

const KUBERNETES = 'kubernetes:';
const DNS = 'dns:';

/** A DNS label of RFC 1123, as a Service's name has to be. */
const SERVICE_NAME = /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/;

/** A host, an IPv6 address in brackets, and a port. */
const HOST_AND_PORT = /^(?:\[(?<ipv6>[\da-f:.]+)\]|(?<name>[\w.-]+)):(?<port>\d{1,5})$/i;

/**
 * @param text empty where there are no others
 * @throws ExpectationError
 */
export function parsePeerSource(text: string): PeerSource {
  if (text === '') return { kind: 'list', hosts: [] };
  if (text === 'registry') return { kind: 'registry' };
  const service = text.startsWith(KUBERNETES) ? text.slice(KUBERNETES.length) : '';
  if (SERVICE_NAME.test(service)) return { kind: 'kubernetes', service };

  const isDns = text.startsWith(DNS);
  const hosts = (isDns ? text.slice(DNS.length) : text).split(',').map((part) => parseHostAndPort(part.trim()));
  const [first] = hosts;
  if (isDns && first && hosts.length === 1) return { kind: 'dns', ...first };
  const known = hosts.filter((host) => host !== undefined);
  if (!isDns && known.length === hosts.length) return { kind: 'list', hosts: known };
  throw new ExpectationError('kubernetes:SERVICE, dns:NAME:PORT, registry, or a list HOST:PORT,HOST:PORT', text);
}

function parseHostAndPort(text: string): HostAndPort | undefined {
  const { ipv6, name, port } = HOST_AND_PORT.exec(text)?.groups ?? {};
  const number = Number(port);
  const host = ipv6 ?? name;
  return host !== undefined && number >= 1 && number <= 65_535 ? { host, port: number } : undefined;
}
