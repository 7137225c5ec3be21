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

/** How a service is run where that is not from its sources, by Node, with nothing around it. */
export interface ServiceCommand {
  /** A program, with its arguments, that becomes the one it is given: `taskset`, `prlimit`. */
  readonly wrapper?: readonly string[];
  readonly nodeOptions?: readonly string[];
  readonly main?: string;
  readonly stderr?: 'inherit' | 'pipe';
}

/** Starts the service and resolves when it serves. */
export async function startService(
  environment: Record<string, string> = {},
  { wrapper = [], nodeOptions = [], main = 'app/main.ts', stderr = 'inherit' }: ServiceCommand = {},
): Promise<ServiceProcess> {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', ...nodeOptions, main];
  const [program, ...args] = [...wrapper, ...node] as [string, ...string[]];
  const child = spawn(program, args, {
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', stderr, 'ipc'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  const logLines: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<ServingLine>();
  void ended.then((how) => reject(new Error(`The service ended with ${how} before it served`)));
  const lines = createInterface(child.stdout!).on('line', (line) => {
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
