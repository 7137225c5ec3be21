/** A registry's server that a test can start again. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface RestartableServer extends AsyncDisposable {
  readonly url: string;
  /** Comes back at the same place with empty state. */
  restart(): Promise<void>;
}

/** @param start resolves once the server answers */
export async function openRestartable(url: string, start: () => Promise<ChildProcess>): Promise<RestartableServer> {
  let child = await start();
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url,
    async restart() {
      await stop();
      child = await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}
