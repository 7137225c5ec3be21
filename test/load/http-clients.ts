/** Clients of HTTP, those that keep a connection and those that open one for each request. */
import { Agent, request, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { connect, type Socket } from 'node:net';

import { ANSWER_TIMEOUT_MS, refuseForeignHost, type LoadAnswer, type LoadClient } from './load.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface HttpClientsPlan {
  readonly url: string;
  /** Clients that each keep one connection for as long as the server lets them. */
  readonly keepAlive: number;
  /** Clients that open a connection for each request. */
  readonly fresh?: number;
  /** How long each waits for its answer. */
  readonly answerTimeoutMs?: number;
  /**
   * Where a new connection goes, asked each time one is opened; without it, where the URL says. Like the endpoints of a
   * Service, it moves what is opened next and leaves what is open.
   */
  readonly endpoint?: () => Endpoint;
}

/** @throws Error for a target that is neither on this machine nor, when run in a pod, in the cluster */
export function httpClients({
  url,
  keepAlive,
  fresh = 0,
  answerTimeoutMs = ANSWER_TIMEOUT_MS,
  endpoint,
}: HttpClientsPlan): LoadClient[] {
  const { hostname, host, port, pathname, search } = new URL(url);
  refuseForeignHost(hostname);
  const target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port || 80,
    path: pathname + search,
    headers: { Host: host },
    timeout: answerTimeoutMs,
  };
  return Array.from(
    { length: keepAlive + fresh },
    (_, index) => new HttpClient(target, { keepAlive: index < keepAlive, maxSockets: 1 }, endpoint),
  );
}

class HttpClient implements LoadClient {
  connections = 0;
  readonly #target: ClientRequestArgs;
  readonly #agent: Agent;

  constructor(target: ClientRequestArgs, options: AgentOptions, endpoint: (() => Endpoint) | undefined) {
    this.#target = target;
    this.#agent = new Agent(options);
    this.#agent.createConnection = (to): Socket => {
      this.connections += 1;
      return connect({ ...to, ...endpoint?.() } as Endpoint);
    };
  }

  ask(): Promise<LoadAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<LoadAnswer>();
    const asked = request({ ...this.#target, agent: this.#agent }, (response) => {
      const { statusCode = 0 } = response;
      response.on('error', reject);
      response.on('end', () => resolve({ status: String(statusCode), isGood: statusCode >= 200 && statusCode < 300 }));
      response.resume();
    });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(Object.assign(new Error('No answer in time'), { code: 'TIMEOUT' })));
    asked.end();
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}
