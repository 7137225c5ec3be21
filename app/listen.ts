/** Binding a server to an address. */
import { once } from 'node:events';
import type { Server } from 'node:net';

/** Every IPv6 address, and IPv4 through it, where the machine has IPv6. */
const ANY_IPV6 = '::';
const ANY_IPV4 = '0.0.0.0';

/**
 * @param port 0 picks a free one
 * @returns the port that is listened on
 * @throws Error (`EADDRINUSE`, `EACCES`, …) when the address cannot be had
 */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    if (host !== ANY_IPV6 || !lacksIpv6(error)) throw error;
    return listen(server, ANY_IPV4, port);
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function lacksIpv6(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL';
}
