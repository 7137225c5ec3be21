/**
 * Where a command goes: an environment of the table, at a context of the kubeconfig. The context is always named, by hand
 * or because `make up` made it; the kubeconfig's current one is never used, for it is some other work's.
 */
import { Advice, capture } from './command.ts';
import { ENVIRONMENTS, type Environment } from '../environments.ts';

/** The cluster of `make up`. */
export const KIND_CLUSTER = 'time-service';
const KIND_PREFIX = 'kind-';
export const KIND_CONTEXT = KIND_PREFIX + KIND_CLUSTER;

export class Target {
  readonly key: string;
  readonly environment: Environment;
  readonly context: string;

  constructor(key: string, environment: Environment, context: string) {
    this.key = key;
    this.environment = environment;
    this.context = context;
  }

  /** The name of the kind cluster behind the context, if it is one. */
  get kindCluster(): string | undefined {
    return this.context.startsWith(KIND_PREFIX) ? this.context.slice(KIND_PREFIX.length) : undefined;
  }

  /** The arguments that send kubectl there. */
  kubectl(...args: string[]): string[] {
    return ['--context', this.context, '--namespace', this.environment.namespace, ...args];
  }

  /** What `kubectl get` finds. */
  async get<Found>(...args: string[]): Promise<Found> {
    return JSON.parse(await capture('kubectl', this.kubectl('get', ...args, '--output', 'json'))) as Found;
  }

  /** The objects of a kind that `kubectl get` finds. */
  async list<Item>(kind: string, ...args: string[]): Promise<Item[]> {
    return (await this.get<{ items: Item[] }>(kind, ...args)).items;
  }

  /** The variables of make that name this target. */
  get variables(): string {
    return `ENV=${this.key} CONTEXT=${this.context}`;
  }
}

/** @throws Advice when the environment or the context does not exist, or the context was left to be guessed */
export async function findTarget(key = 'kind', context?: string): Promise<Target> {
  const environment = ENVIRONMENTS[key];
  if (!environment) {
    throw new Advice(`Expected ENV to be one of ${Object.keys(ENVIRONMENTS).join(', ')}, got "${key}".`);
  }
  const contexts = (await capture('kubectl', ['config', 'get-contexts', '--output', 'name']))
    .split('\n')
    .filter(Boolean);
  const named = context ?? (key === 'kind' ? KIND_CONTEXT : undefined);
  if (named !== undefined && contexts.includes(named)) return new Target(key, environment, named);

  const choice = contexts.length > 0 ? `; the kubeconfig has ${contexts.join(', ')}` : '; the kubeconfig has none';
  if (named === undefined) throw new Advice(`Say which cluster: ENV=${key} CONTEXT=name${choice}.`);
  if (context === undefined) {
    throw new Advice(`There is no cluster of \`make up\`: run it, or say ENV=name CONTEXT=name${choice}.`);
  }
  throw new Advice(`Expected CONTEXT to be in the kubeconfig, got "${context}"${choice}.`);
}
