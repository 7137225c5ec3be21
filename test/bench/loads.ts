/** Ways to ask a server as fast as it answers, from the other core: HTTP by wrk, gRPC by ghz. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { LOAD_CORE, type RunningServer } from './servers.ts';

const HTTP_CONNECTIONS = 32;
const GRPC_CONNECTIONS = 4;
const GRPC_CALLERS = 48;

/** What came of a load. */
export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
}

/** What is asked, and how. */
export interface Load {
  /** What is asked for. */
  readonly title: string;
  readonly run: (server: RunningServer, seconds: number) => Promise<LoadResult>;
}

/** @throws Error (when it runs) for an answer other than 2xx or 3xx */
export function askHttp(path: string): Load {
  return {
    title: path,
    async run({ port }, seconds) {
      const url = `http://127.0.0.1:${port}${path}`;
      const stdout = await runOnLoadCore('wrk', ['-t1', `-c${HTTP_CONNECTIONS}`, `-d${seconds}`, url]);
      if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} was not answered every time:\n${stdout}`);
      return {
        requests: Number(/(\d+) requests in/.exec(stdout)?.[1]),
        requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
      };
    },
  };
}

/** What ghz writes, as far as it is read here. */
interface GhzReport {
  readonly count: number;
  readonly rps: number;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
}

/** @throws Error (when it runs) for a call that ends with another code than OK */
export function askGrpc(method: string): Load {
  return {
    title: method,
    async run({ grpcPort }, seconds) {
      const call = ['--insecure', '--import-paths=app/grpc/proto', '--proto=app/grpc/proto/time/v1/time.proto'];
      const load = [`--concurrency=${GRPC_CALLERS}`, `--connections=${GRPC_CONNECTIONS}`, `--duration=${seconds}s`];
      const rest = ['--cpus=1', '--duration-stop=wait', '--format=json', `127.0.0.1:${grpcPort}`];
      const stdout = await runOnLoadCore('ghz', [...call, `--call=time.v1.${method}`, ...load, ...rest]);
      const { count, rps, statusCodeDistribution: codes } = JSON.parse(stdout) as GhzReport;
      if (codes['OK'] !== count) throw new Error(`${method} was not answered every time: ${JSON.stringify(codes)}`);
      return { requests: count, requestsPerSecond: rps };
    },
  };
}

async function runOnLoadCore(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('taskset', ['-c', LOAD_CORE, program, ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
