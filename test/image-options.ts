/** Node's options as the image has them. */
import { readFileSync } from 'node:fs';

import { ENVIRONMENTS } from '../infra/environments.ts';

const HEAP_SHARE = /^--max-old-space-size-percentage=(\d+)$/;
const POD_MEBIBYTES = ENVIRONMENTS['production']!.capacity.memoryMebibytes;

export function readImageOptions(): string[] {
  const command = /^CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8'))![1]!;
  return (JSON.parse(command) as string[]).slice(0, -1);
}

/** The same with the heap of a pod: outside of a container its share would be of the machine's memory. */
export function podOptions(): string[] {
  return readImageOptions().map((option) =>
    option.replace(HEAP_SHARE, (_, percent: string) => {
      const heapMebibytes = Math.floor((POD_MEBIBYTES * Number(percent)) / 100);
      return `--max-old-space-size=${heapMebibytes}`;
    }),
  );
}
