/**
 * This instance in Consul, through an agent. Its check is a TTL that the instance renews: the agent need not reach it, and
 * hears at once when readiness changes. An instance that died is critical when the TTL is over, and gone a minute later.
 * https://developer.hashicorp.com/consul/api-docs/agent/service
 */
import { findOwnAddress, isLoopback, SERVICE, type Instance } from './instance.ts';
import { RegistryClient } from './registry-client.ts';
import type { Registry } from './registration.ts';
import type { RegistrySource } from './registry-source.ts';

const RENEWAL_MS = 5000;
const TTL = '15s';

/** The least that Consul takes. */
const FORGET_AFTER = '1m';

/** DNS answers are cached for seconds; Traefik asks every 15 s, and the drain that follows takes 6. */
const TURNOVER_MS = 10_000;

const DEADLINE_MS = 3000;

export function openConsul(source: Omit<RegistrySource, 'kind'>): RegistryClient {
  return new RegistryClient(source, (token) => ({ 'X-Consul-Token': token }));
}

export function consulRegistry(client: RegistryClient, instance: Instance, host: string): Registry {
  const { id, httpPort, metadata } = instance;
  const checkId = `service:${id}`;
  const put = async (path: string, body?: object) => {
    await client.ask({ method: 'PUT', path, ...(body && { body }), deadlineMs: DEADLINE_MS });
  };
  return {
    renewalMs: RENEWAL_MS,
    turnoverMs: TURNOVER_MS,
    async register(isReady) {
      const address = await findOwnAddress(client.url, host);
      await put('/v1/agent/service/register?replace-existing-checks=true', {
        ID: id,
        Name: SERVICE,
        // An agent of this machine knows better at which address others reach it.
        ...(!isLoopback(address) && { Address: address }),
        Port: httpPort,
        Meta: metadata,
        Check: { CheckID: checkId, TTL, Status: statusOf(isReady), DeregisterCriticalServiceAfter: FORGET_AFTER },
      });
    },
    renew: (isReady) => put(`/v1/agent/check/update/${checkId}`, { Status: statusOf(isReady) }),
    deregister: () => put(`/v1/agent/service/deregister/${id}`),
  };
}

function statusOf(isReady: boolean): 'passing' | 'critical' {
  return isReady ? 'passing' : 'critical';
}
