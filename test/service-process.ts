/** The service as a process of its own, on ports of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What the service logs once it serves. */
interface ServingLine {
  readonly msg: string;
  readonly http: number;
  readonly grpc: number;
  readonly admin: number;
}

export interface ServiceProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly httpPort: number;
  readonly grpcPort: number;
  readonly adminPort: number;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly logLines: readonly string[];
  /** Resolves once a line of the log has this text: the log is written apart from the answers, and may come after them. */
  readonly logged: (text: string) => Promise<void>;
}

/** Starts the service and resolves when it serves. */
export async function startService(environment: Record<string, string> = {}): Promise<ServiceProcess> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'app/main.ts'], {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  const logLines: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<ServingLine>();
  void ended.then((how) => reject(new Error(`The service ended with ${how} before it served`)));
  const lines = createInterface(child.stdout).on('line', (line) => {
    logLines.push(line);
    const parsed = JSON.parse(line) as ServingLine;
    if (parsed.msg === 'serving') resolve(parsed);
  });
  const serving = await promise;
  return {
    child,
    httpPort: serving.http,
    grpcPort: serving.grpc,
    adminPort: serving.admin,
    ended,
    logLines,
    async logged(text) {
      while (!logLines.some((line) => line.includes(text))) await once(lines, 'line');
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
