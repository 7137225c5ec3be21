/**
 * The log: JSON lines for machines, readable ones on a terminal. It is written apart from the requests, and what does not
 * fit into its buffer is dropped: a reader of stdout that stalls must not stall the clock.
 */
import { pino, type Logger } from 'pino';

const BUFFER_BYTES = 1024 * 1024;
const FLUSH_TIMEOUT_MS = 1000;

export interface Log extends AsyncDisposable {
  readonly logger: Logger;
}

export async function openLog(level: string): Promise<Log> {
  const pretty = process.stdout.isTTY ? await loadPretty() : undefined;
  if (pretty) {
    return {
      logger: pino({ level }, pretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss' })),
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const destination = pino.destination({ dest: 1, sync: false, maxLength: BUFFER_BYTES });
  return {
    logger: pino({ level, base: null }, destination),
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
      destination.flush(() => resolve());
      await promise;
      clearTimeout(timer);
    },
  };
}

/** The image has no pino-pretty: it is for terminals, and a container's output is read by machines. */
async function loadPretty() {
  try {
    return (await import('pino-pretty')).default;
  } catch {
    return undefined;
  }
}
