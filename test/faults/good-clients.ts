/** Clients that do nothing wrong, over HTTP and gRPC, and count what was not answered. */
import { setTimeout as delay } from 'node:timers/promises';

import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';
import { TestClient } from '../grpc/service.ts';
import { httpClients } from '../load/http-clients.ts';
import { Load } from '../load/load.ts';
import type { ServiceProcess } from '../service-process.ts';

const REQUESTS_PER_SECOND = 200;
const KEPT_CONNECTIONS = 10;
const CALL_INTERVAL_MS = 20;
const DEADLINE_MS = 5000;
const FOREVER_S = 3600;

export interface GoodClients extends AsyncDisposable {
  readonly http: Load;
  /** Ends them. @returns how many requests and calls have failed, of how many */
  stop(): Promise<{ asked: number; failed: number; longestGapMs: number }>;
}

export function startGoodClients({ httpPort, grpcPort }: Pick<ServiceProcess, 'httpPort' | 'grpcPort'>): GoodClients {
  const http = new Load({
    clients: httpClients({ url: `http://127.0.0.1:${httpPort}/time`, keepAlive: KEPT_CONNECTIONS, fresh: 1 }),
    ratePerSecond: REQUESTS_PER_SECOND,
    maxRequests: Infinity,
    maxSeconds: FOREVER_S,
  });
  let isOver = false;
  const calls = { asked: 0, failed: 0 };
  const grpc = callOn(grpcPort, calls, () => isOver);
  const stop = async () => {
    isOver = true;
    await grpc;
    const { requests, failed, longestGapMs } = await http.stop();
    return { asked: requests + calls.asked, failed: failed + calls.failed, longestGapMs };
  };
  return { http, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/** Each call is made when it is due, whether the one before was answered or not. */
async function callOn(port: number, calls: { asked: number; failed: number }, isOver: () => boolean): Promise<void> {
  using client = new TestClient(`127.0.0.1:${port}`);
  const open = new Set<Promise<unknown>>();
  while (!isOver()) {
    calls.asked += 1;
    const call = client
      .call(TimeService.method.getTime, {}, { deadline: Date.now() + DEADLINE_MS })
      .catch(() => (calls.failed += 1))
      .finally(() => open.delete(call));
    open.add(call);
    await delay(CALL_INTERVAL_MS);
  }
  await Promise.all(open);
}
