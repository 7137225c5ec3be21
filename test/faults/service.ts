/** The service as the image runs it, with a probe inside that tells of its memory. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { podOptions } from '../image-options.ts';
import { startService, type ServiceCommand, type ServiceProcess } from '../service-process.ts';

export type Question = 'inspect' | 'leak';

/** What is in use after a forced collection. */
export interface Inspection {
  readonly heapBytes: number;
  /** Resident memory without what is mapped from files, which the kernel can take back, and what V8 holds free. */
  readonly residentBytes: number;
  readonly handles: number;
}

/** What the process can tell of itself. */
export interface InsideView {
  readonly heapBytes: number;
  /** What V8 holds and has not in use. */
  readonly freeBytes: number;
  readonly handles: number;
}

export interface Victim extends ServiceProcess {
  readonly inspect: () => Promise<Inspection>;
  /** The most resident memory so far, without files. */
  readonly peakBytes: () => number;
  readonly ask: (question: Question) => void;
}

const PROBE = join(import.meta.dirname, 'probe.ts');

export async function startVictim(
  environment: Record<string, string> = {},
  command: ServiceCommand = {},
): Promise<Victim> {
  const service = await startService(environment, {
    main: 'build/main.cjs',
    ...command,
    nodeOptions: [...podOptions(), '--expose-gc', '--import', PROBE, ...(command.nodeOptions ?? [])],
  });
  const { child } = service;
  return {
    ...service,
    async inspect() {
      child.send('inspect' satisfies Question);
      const [{ freeBytes, ...inside }] = (await once(child, 'message')) as [InsideView];
      return { ...inside, residentBytes: readMemory(child.pid, 'RssAnon') - freeBytes };
    },
    peakBytes: () => readMemory(child.pid, 'VmHWM') - readMemory(child.pid, 'RssFile'),
    ask: (question) => child.send(question),
  };
}

function readMemory(pid: number | undefined, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024;
}
