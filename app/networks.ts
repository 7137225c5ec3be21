/**
 * Networks of trusted proxies, and who a request comes from. A proxy says for whom it asks, in `Forwarded` (RFC 7239) or
 * `X-Forwarded-For`; so may anybody. The headers are read from their end, hop by hop, for as long as each hop is a proxy
 * that is trusted: the first that is not is the caller.
 */
import { BlockList, isIP, isIPv4 } from 'node:net';
import type { IncomingMessage } from 'node:http';

import { ExpectationError } from './zones/expectation.ts';

/**
 * @param text networks as CIDR or addresses, IPv4 and IPv6, parted by commas: `10.0.0.0/8, fd00::/8, 192.0.2.1`
 * @throws ExpectationError for anything else
 */
export function parseNetworks(text: string): BlockList {
  const networks = new BlockList();
  for (const network of text.split(',').map((part) => part.trim())) {
    const [address = '', length, ...rest] = network.split('/');
    const version = isIP(address);
    const bits = version === 4 ? 32 : 128;
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : Infinity;
    if (version === 0 || prefix > bits || rest.length > 0) {
      throw new ExpectationError('networks such as 10.0.0.0/8 or fd00::/8, parted by commas', text);
    }
    networks.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return networks;
}

/** The address of the caller, without a port or a zone index; an empty text once the connection is gone. */
export function findClientAddress(request: IncomingMessage, trustedProxies: BlockList | undefined): string {
  let address = normalizeAddress(request.socket.remoteAddress ?? '') ?? '';
  if (!trustedProxies) return address;
  const hops = readHops(request);
  while (isTrusted(address, trustedProxies)) {
    const hop = hops.pop();
    // A hop that hides itself, or that there is none of, leaves the proxy as the last address that is known.
    if (hop === undefined) break;
    address = hop;
  }
  return address;
}

function isTrusted(address: string, networks: BlockList): boolean {
  return networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}

/**
 * The hops that the headers name, the nearest one last. A proxy writes one of the two headers and passes the other on: where
 * both came and they differ, the caller may have written either, and neither is believed.
 */
function readHops({ headers }: IncomingMessage): (string | undefined)[] {
  const forwardedFor = headers['x-forwarded-for'];
  const byList = typeof forwardedFor === 'string' ? forwardedFor.split(',').map(normalizeHop) : undefined;
  const byFields = headers.forwarded
    ?.split(',')
    .map((element) => normalizeHop(/(?:^|;)\s*for=([^;]+)/i.exec(element)?.[1] ?? ''));
  if (byList && byFields && byList.join(',') !== byFields.join(',')) return [];
  return byFields ?? byList ?? [];
}

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `"[2001:db8::1]:4711"`; undefined for a hop that gives no address. */
function normalizeHop(text: string): string | undefined {
  const bare = text.trim().replace(/^"|"$/g, '');
  const [, bracketed, withPort] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(bare) ?? [];
  return normalizeAddress(bracketed ?? withPort ?? bare);
}

/**
 * One text for one address: an IPv4 address that came over an IPv6 socket is written as IPv4.
 *
 * @returns undefined for what is no address
 */
export function normalizeAddress(text: string): string | undefined {
  const address = text.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(address) === 0 ? undefined : address;
}
