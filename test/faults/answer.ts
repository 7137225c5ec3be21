/** When a service that was disturbed answers again. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export const secondsSince = (startMs: number) => (performance.now() - startMs) / 1000;

/** @returns how many seconds it takes until a new connection gets a good answer */
export async function awaitAnswer(port: number): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const asked = get({ port, host: '127.0.0.1', path: '/time', agent: new Agent() });
    const [answer] = (await once(asked, 'response').catch(() => [])) as [IncomingMessage?];
    answer?.resume();
    if (answer?.statusCode === 200) return secondsSince(startMs);
    await delay(10);
  }
}
