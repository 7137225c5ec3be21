/** Addresses as URLs have them: one of IPv6 stands in brackets (RFC 3986, section 3.2.2). */
import { isIPv6 } from 'node:net';

export function formatHost(host: string): string {
  return isIPv6(host) ? `[${host}]` : host;
}

export function formatAddress(host: string, port: number): string {
  return `${formatHost(host)}:${port}`;
}
