/**
 * The servers that are compared, each a process on the first core; the load comes from the second. Which is faster than
 * which depends on the machine, so that only ratios within one run are kept.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { findFreePort } from '../free-port.ts';
import { readImageOptions } from '../image-options.ts';

export const SERVER_CORE = '0';
export const LOAD_CORE = '1';

interface Ports {
  readonly port: number;
  readonly grpcPort: number;
}

/** A server that can be started on a port. */
export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment: (ports: Ports) => Record<string, string>;
  /** Whether it answers gRPC alone, on its one port. */
  readonly isGrpc?: boolean;
}

/** A running contender. */
export interface RunningServer extends Ports, AsyncDisposable {
  /** From the start of the process to its first answer. */
  readonly startMs: number;
  /** Resident memory, in bytes. */
  readonly readMemory: () => number;
  /** The most of it so far. */
  readonly readPeakMemory: () => number;
  /** Processor time since its start, in seconds. */
  readonly readCpu: () => number;
}

const anchor = (name: string, file: string): Contender => ({
  name,
  command: [process.execPath, `test/bench/anchors/${file}`],
  environment: ({ port }) => ({ PORT: String(port) }),
});

/** The service as the image runs it. */
export const SERVICE: Contender = {
  name: 'time-service',
  command: [process.execPath, ...readImageOptions(), 'build/main.cjs'],
  environment: ({ port, grpcPort }) => ({
    PORT: String(port),
    GRPC_PORT: String(grpcPort),
    HOST: '127.0.0.1',
    ADMIN_PORT: '0',
    NODE_ENV: 'production',
  }),
};

export const BARE = anchor('bare node:http', 'bare.ts');
export const KOA = anchor('bare Koa', 'koa.ts');
export const KOA_ROUTER = anchor('Koa with @koa/router', 'koa-router.ts');
export const BARE_HTTP2 = { ...anchor('bare node:http2', 'http2.ts'), isGrpc: true };
export const BARE_GRPC = { ...anchor('bare @grpc/grpc-js', 'grpc.ts'), isGrpc: true };

/** The Go program, built on the spot; undefined where Go is missing. */
export function buildGoAnchor(): Contender | undefined {
  const { status } = spawnSync('go', ['build', '-o', '../../../../build/go-anchor', '.'], {
    cwd: 'test/bench/anchors/go',
  });
  if (status !== 0) return undefined;
  return {
    name: 'Go net/http',
    command: ['build/go-anchor'],
    environment: ({ port }) => ({ PORT: String(port), GOMAXPROCS: '1' }),
  };
}

/** podinfo, where it is installed: the model of a Kubernetes microservice. */
export function findPodinfo(): Contender | undefined {
  if (spawnSync('which', ['podinfo']).status !== 0) return undefined;
  return {
    name: 'podinfo',
    command: ['podinfo', '--level=warn'],
    environment: ({ port }) => ({ PODINFO_PORT: String(port), GOMAXPROCS: '1' }),
  };
}

/** @param extra more environment variables */
export async function startServer(
  { name, command: [program, ...args], environment, isGrpc = false }: Contender,
  { core = SERVER_CORE, extra = {} }: { core?: string; extra?: Record<string, string> } = {},
): Promise<RunningServer> {
  const port = await findFreePort();
  const ports = { port, grpcPort: isGrpc ? port : await findFreePort() };
  const startedMs = performance.now();
  const child = spawn('taskset', ['-c', core, program, ...args], {
    env: { PATH: process.env['PATH'], ...environment(ports), ...extra },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  await waitUntil(isGrpc ? () => openConnection(port) : () => askOnce(port), name, child);
  return {
    ...ports,
    startMs: performance.now() - startedMs,
    readMemory: () => readStatus(child, 'VmRSS') * 1024,
    readPeakMemory: () => readStatus(child, 'VmHWM') * 1024,
    readCpu: () => readCpuSeconds(child),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

const START_TIMEOUT_MS = 10_000;

async function waitUntil(isUp: () => Promise<void>, name: string, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs && child.exitCode === null) {
    try {
      await isUp();
      return;
    } catch {
      await delay(1);
    }
  }
  throw new Error(`${name} did not answer within ${START_TIMEOUT_MS} ms`);
}

async function askOnce(port: number): Promise<void> {
  await (await fetch(`http://127.0.0.1:${port}/time`)).arrayBuffer();
}

async function openConnection(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

function readStatus(child: ChildProcess, field: string): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** proc(5): fields 14 and 15 are user and system time, in ticks of a hundredth of a second. */
function readCpuSeconds(child: ChildProcess): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
