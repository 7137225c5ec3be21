/**
 * Node's options as the image has them. There V8's heap is a share of the container's memory; where there is no container it
 * is made the same share of a pod's, and not of the machine's.
 */
import { readFileSync } from 'node:fs';

import { ENVIRONMENTS } from '../infra/environments.ts';

const HEAP_SHARE = /^--max-old-space-size-percentage=(\d+)$/;
const POD_MEBIBYTES = ENVIRONMENTS['production']!.capacity.memoryMebibytes;

export function readImageOptions(): string[] {
  const command = /^CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8'))![1]!;
  const options = (JSON.parse(command) as string[]).slice(0, -1);
  return options.map((option) =>
    option.replace(HEAP_SHARE, (_, percent: string) => {
      const heapMebibytes = Math.floor((POD_MEBIBYTES * Number(percent)) / 100);
      return `--max-old-space-size=${heapMebibytes}`;
    }),
  );
}
