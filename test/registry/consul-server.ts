/**
 * As much of a Consul agent as the service asks of one, by its documented API: services with a TTL check, and queries that
 * block until the index has moved on. Time stands still but for {@link ConsulServer.advance}. The same tests run against a
 * real agent where there is one (test/discovery/consul.test.ts), so that this one cannot stray.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface ServiceDefinition {
  readonly ID: string;
  readonly Name: string;
  readonly Address?: string;
  readonly Port: number;
  readonly Meta: Readonly<Record<string, string>>;
  readonly Check: { readonly CheckID: string; readonly TTL: string; readonly Status: string };
}

interface Entry {
  readonly definition: ServiceDefinition;
  status: string;
  renewedMs: number;
}

interface Refusal {
  readonly status: number;
  readonly body: string;
}

const FIRST_INDEX = 1000;

export class ConsulServer implements AsyncDisposable {
  readonly url: string;
  /** Of every request so far: method, path and token. */
  readonly requests: { readonly line: string; readonly token: string | undefined }[] = [];
  /** What every request is answered with instead; `silence` is no answer at all. */
  fault: Refusal | 'silence' | undefined;
  readonly #server: Server;
  readonly #entries = new Map<string, Entry>();
  readonly #blocked = new Set<() => void>();
  #index = FIRST_INDEX;
  #nowMs = 0;

  static async open(): Promise<ConsulServer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ConsulServer(server);
  }

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  /** Lets time pass, and finds the checks critical that were not renewed in it. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const entry of this.#entries.values()) {
      const ttlMs = Number.parseInt(entry.definition.Check.TTL, 10) * 1000;
      if (entry.status === 'passing' && this.#nowMs - entry.renewedMs > ttlMs) {
        entry.status = 'critical';
        this.#change();
      }
    }
  }

  /** Comes back with nothing of what it knew, and an index that begins again. */
  async restart(): Promise<void> {
    this.#entries.clear();
    this.#index = 10;
    this.#blocked.clear();
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #change(): void {
    this.#index += 1;
    for (const wake of this.#blocked) wake();
    this.#blocked.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers['x-consul-token'];
    this.requests.push({ line: `${request.method} ${request.url}`, token: token?.toString() });
    if (this.fault === 'silence') return;
    if (this.fault) return void response.writeHead(this.fault.status).end(this.fault.body);
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const [, , subject, what, verb = '', id = ''] = pathname.split('/').map(decodeURIComponent);
    if (subject === 'health' && what === 'service') return this.#answerQuery(verb, searchParams, response);
    if (request.method !== 'PUT' || subject !== 'agent') return void response.writeHead(405).end();
    if (what === 'service' && verb === 'register') {
      const definition = (await json(request)) as ServiceDefinition;
      this.#entries.set(definition.ID, { definition, status: definition.Check.Status, renewedMs: this.#nowMs });
    } else if (what === 'service' && verb === 'deregister') {
      if (!this.#entries.delete(id)) return void response.writeHead(404).end(`Unknown service ID ${id}`);
    } else {
      const { Status } = (await json(request)) as { Status: string };
      const entry = this.#entries.values().find(({ definition }) => definition.Check.CheckID === id);
      if (!entry) return void response.writeHead(404).end(`Unknown check ID ${id}`);
      entry.renewedMs = this.#nowMs;
      if (entry.status === Status) return void response.end();
      entry.status = Status;
    }
    this.#change();
    response.end();
  }

  async #answerQuery(name: string, parameters: URLSearchParams, response: ServerResponse): Promise<void> {
    const seen = Number(parameters.get('index'));
    // One with an index of before a restart waits in vain, as it does at an agent until its time is over.
    while (seen >= this.#index) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#blocked.add(resolve);
      await promise;
    }
    const entries = this.#entries.values().filter(({ definition }) => definition.Name === name);
    const list = entries.map(({ definition: { ID, Address = '', Port, Meta }, status }) => ({
      Node: { Node: 'agent', Address: '127.0.0.1' },
      Service: { ID, Address, Port, Meta },
      Checks: [
        { CheckID: 'serfHealth', Status: 'passing' },
        { CheckID: `service:${ID}`, Status: status },
      ],
    }));
    response.setHeader('X-Consul-Index', this.#index).end(JSON.stringify([...list]));
  }
}
