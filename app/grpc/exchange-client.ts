/** Asks one other instance for its time, on a connection that is kept. */
import { create } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';

import { ClockService, ExchangeRequestSchema, type ExchangeResponse } from './generated/time/v1/time_pb.js';
import { defineMethod } from './service.ts';
import { fromTimestamp } from './timestamp.ts';
import type { Exchange } from '../clock/exchange.ts';

/** Less than the time to the peer's next turn; an answer that takes longer would say little. */
const DEADLINE_MS = 1500;

const METHOD = defineMethod(ClockService, ClockService.method.exchange);
const REQUEST = create(ExchangeRequestSchema);

const OPTIONS = {
  // A peer that comes back is heard again within seconds.
  'grpc.initial_reconnect_backoff_ms': 1000,
  'grpc.max_reconnect_backoff_ms': 5000,
  // A connection whose other end is gone is given up after 15 s; the kernel would send into it for a quarter of an hour.
  // More often than this a server takes for abuse.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5000,
  // The next exchange is soon enough.
  'grpc.enable_retries': 0,
  // Peers are asked directly, and an address has no service config to be looked up.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

export class ExchangeClient implements Disposable {
  readonly #client: Client;

  /** @param address host and port, as a URL has them */
  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), OPTIONS);
  }

  /**
   * @returns when the other had the question and when it sent the answer, by its wall clock; and its tz release, if it says
   * @throws a grpc-js ServiceError where no answer came
   */
  async exchange(): Promise<Pick<Exchange, 't2Ns' | 't3Ns'> & { readonly tzdb: string | null }> {
    const { promise, resolve, reject } = Promise.withResolvers<ExchangeResponse>();
    this.#client.makeUnaryRequest(
      METHOD.path,
      METHOD.requestSerialize,
      METHOD.responseDeserialize,
      REQUEST,
      { deadline: Date.now() + DEADLINE_MS },
      (error, response) => (error ? reject(error) : resolve(response as ExchangeResponse)),
    );
    const { t2, t3, tzdb } = await promise;
    if (!t2 || !t3) throw new Error('Expected both timestamps, got an answer without');
    return { t2Ns: fromTimestamp(t2), t3Ns: fromTimestamp(t3), tzdb: tzdb || null };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
