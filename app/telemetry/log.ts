/**
 * The log: JSON lines for machines, readable ones on a terminal. It is written apart from the requests, and what does not
 * fit into its buffer is dropped: a reader of stdout that stalls must not stall the clock.
 */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';

import { pino, type DestinationStream, type Logger } from 'pino';

const STDOUT = 1;
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
  const destination = openStdout();
  return {
    logger: pino({ level, base: null }, destination),
    async [Symbol.asyncDispose]() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
      destination.end(resolve);
      await promise;
      clearTimeout(timer);
      destination.destroy?.();
    },
  };
}

interface Stdout extends DestinationStream {
  /** Calls back once all is written. */
  end(onWritten: () => void): void;
  /** Throws away what is not. */
  destroy?(): void;
}

/**
 * A container's stdout is a pipe. pino would write to it from a thread, which a reader that stalls would hold for ever: not
 * even `process.exit` goes past that. So a pipe is written by the event loop, which can leave off.
 */
function openStdout(): Stdout {
  const stats = fstatSync(STDOUT);
  if (!stats.isFIFO() && !stats.isSocket()) {
    const file = pino.destination({ dest: STDOUT, sync: false, maxLength: BUFFER_BYTES });
    return { write: (line) => file.write(line), end: (onWritten) => file.flush(onWritten) };
  }
  const pipe = new Socket({ fd: STDOUT, readable: false, writable: true });
  // Who read has gone: there is nobody left to tell.
  pipe.on('error', () => {});
  return {
    write(line) {
      if (pipe.writable && pipe.writableLength < BUFFER_BYTES) pipe.write(line);
    },
    end: (onWritten) => pipe.end(onWritten),
    destroy: () => pipe.destroy(),
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
