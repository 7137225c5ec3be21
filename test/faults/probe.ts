/** Loaded into the service before its own program: answers the tests’ questions about its memory, and leaks where told to. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import type { InsideView, Question } from './service.ts';

/** Objects that wait for a finalizer are gone only after the next collection. */
const COLLECTIONS = 3;
const LEAKED = 100_000;

async function inspect(): Promise<InsideView> {
  for (let count = 0; count < COLLECTIONS; count++) {
    globalThis.gc?.();
    await nextTurn();
  }
  const { heapUsed, heapTotal } = process.memoryUsage();
  return { heapBytes: heapUsed, freeBytes: heapTotal - heapUsed, handles: process.getActiveResourcesInfo().length };
}

const leaked: object[] = [];

process.on('message', (question: Question) => {
  if (question === 'inspect') void inspect().then((inspection) => process.send!(inspection));
  else setInterval(() => leaked.push(...Array.from({ length: LEAKED }, (_, index) => ({ index }))), 1);
});
// Listening alone would keep the process from ending.
process.channel!.unref();
