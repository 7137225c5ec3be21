/**
 * Running other programs. What a person has to do is said in one sentence and without a stack trace: that is an
 * {@link Advice}, and so is the absence of a program.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Something that a person has to do or to know; only its message is printed. */
export class Advice extends Error {
  override readonly name = 'Advice';
}

/** A program ended with another code than 0. */
export class CommandError extends Advice {
  readonly stderr: string;

  constructor(program: string, args: readonly string[], stderr: string) {
    super(stderr.trim() || `${[program, ...args].join(' ')} failed`);
    this.stderr = stderr;
  }
}

const INSTALL: Readonly<Record<string, string>> = {
  docker: 'install Docker (https://docs.docker.com/engine/install/)',
  kind: 'install kind (https://kind.sigs.k8s.io/docs/user/quick-start/#installation)',
  kubectl: 'install kubectl (https://kubernetes.io/docs/tasks/tools/)',
};

/** What a program prints. */
export function capture(program: string, args: readonly string[], input = ''): Promise<string> {
  return start(program, args, input, 'pipe');
}

/** Runs a program whose output is for the person at the terminal. */
export async function show(program: string, args: readonly string[], input = ''): Promise<void> {
  await start(program, args, input, 'inherit');
}

async function start(program: string, args: readonly string[], input: string, output: 'pipe' | 'inherit') {
  const child = spawn(program, args, { stdio: ['pipe', output, output] });
  const stop = () => child.kill();
  process.once('SIGTERM', stop);
  try {
    const ended = once(child, 'close') as Promise<[number | null]>;
    const printed = Promise.all([child.stdout, child.stderr].map(async (stream) => (stream ? text(stream) : '')));
    // A program that ends before it has read everything says why by its exit code.
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(input);
    const [code] = await ended;
    const [stdout = '', stderr = ''] = await printed;
    if (code !== 0) throw new CommandError(program, args, stderr);
    return stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Advice(`${program} was not found: ${INSTALL[program] ?? 'install it'}, and run this again.`, {
      cause: error,
    });
  } finally {
    process.off('SIGTERM', stop);
  }
}
