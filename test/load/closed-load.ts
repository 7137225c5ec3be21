/** As many requests at a time as there are connections, each followed by the next: what comes of it when that is too much. */
import { setImmediate as nextTurn } from 'node:timers/promises';

import { RawConnection } from './raw-connection.ts';

export interface ClosedLoadPlan {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface ClosedLoadResult {
  /** Answers 200 a second. */
  readonly goodPerSecond: number;
  /** Answers 503 that tell when to come again. */
  readonly refused: number;
  /** Any other answer, and requests that were not answered. */
  readonly broken: number;
}

export async function runClosedLoad({ port, path, connections, seconds }: ClosedLoadPlan): Promise<ClosedLoadResult> {
  let good = 0;
  let refused = 0;
  let broken = 0;
  const open = new Set<RawConnection>();
  const goOn = (connection: RawConnection) => {
    if (performance.now() < endMs) {
      connection.send(0);
      return;
    }
    connection.close();
    open.delete(connection);
  };
  const onAnswer = (connection: RawConnection, status: number) => {
    if (status === 503) refused += 1;
    else if (status !== 200) broken += 1;
    else if (performance.now() < endMs) good += 1;
    goOn(connection);
  };
  const onFailure = (_: Error, connection: RawConnection) => {
    broken += 1;
    goOn(connection);
  };
  const all = Array.from({ length: connections }, () => new RawConnection({ port, path, onAnswer, onFailure }));
  await Promise.all(all.map(({ opened }) => opened));
  const endMs = performance.now() + seconds * 1000;
  for (const connection of all) {
    open.add(connection);
    connection.send(0);
  }
  // An event loop that turns without rest is not woken late.
  while (open.size > 0) await nextTurn();
  return { goodPerSecond: good / seconds, refused, broken };
}
