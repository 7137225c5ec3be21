/**
 * Ending without losing a request. After SIGTERM others still send here for a while, until every endpoint list is updated,
 * so the servers keep accepting while they ask clients to go elsewhere; then they close, and what has not ended by the
 * deadline is cut off. https://github.com/kubernetes/kubernetes/issues/116965 is why readiness alone does not do.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** How much longer than a connection may idle new ones are accepted, so that each idle one has ended by then. */
export const ACCEPT_MARGIN_MS = 1000;

/** A server that can be emptied. */
export interface DrainingServer {
  /** Goes on answering, and asks clients not to come back on the same connection. */
  beginDrain(): void;
  /** Accepts no more; resolves when the last connection has ended. */
  close(): Promise<void>;
  /** Cuts off what is left. */
  closeNow(): void;
}

/**
 * @param acceptMs how long new connections are still accepted
 * @param deadlineMs when, counted from the start, what is left is cut off
 * @returns whether everything ended by itself
 */
export async function drainServers(
  servers: readonly DrainingServer[],
  { acceptMs, deadlineMs }: { acceptMs: number; deadlineMs: number },
): Promise<boolean> {
  const cancel = new AbortController();
  const timer = (ms: number) => delay(ms, undefined, { signal: cancel.signal });
  const deadline = timer(deadlineMs).then(
    () => false,
    () => true,
  );

  for (const server of servers) server.beginDrain();
  await timer(Math.min(acceptMs, deadlineMs));
  const closed = Promise.all(servers.map((server) => server.close())).then(() => true);
  const isClean = await Promise.race([closed, deadline]);
  cancel.abort();
  if (!isClean) for (const server of servers) server.closeNow();
  await closed;
  return isClean;
}
