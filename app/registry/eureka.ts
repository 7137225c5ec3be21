/**
 * This instance in Eureka. What makes it unready is told as a status that overrides its own, OUT_OF_SERVICE, since a server
 * that has a lease keeps the status of it over the one that is registered (LeaseExistsRule in eureka-core). An override that
 * an operator sets is only taken back where the instance starts or was itself unready.
 * https://github.com/Netflix/eureka/wiki/Eureka-REST-operations
 */
import { formatHost } from '../address.ts';
import { findOwnAddress, SERVICE, type Instance } from './instance.ts';
import { RegistryClient } from './registry-client.ts';
import type { Registry } from './registration.ts';
import type { RegistrySource } from './registry-source.ts';

/** What every client of Eureka does; a server tells by it whether a network is parted, and then forgets no one. */
const RENEWAL_MS = 30_000;
const LEASE_SECONDS = 90;

/** The server's cache and a client's are renewed every 30 s each; Spring Cloud LoadBalancer has one of 35 s on top. */
const TURNOVER_MS = 90_000;

const DEADLINE_MS = 3000;

/** Eureka's names for applications have upper case. */
export const APPLICATION = SERVICE.toUpperCase();

/** A token with a colon is a user and a password, which is how most guard a Eureka. */
export function openEureka(source: Omit<RegistrySource, 'kind'>): RegistryClient {
  return new RegistryClient(source, (token) => ({
    Authorization: token.includes(':') ? `Basic ${Buffer.from(token).toString('base64')}` : `Bearer ${token}`,
  }));
}

export function eurekaRegistry(client: RegistryClient, instance: Instance, host: string): Registry {
  const { id, httpPort, metadata } = instance;
  const path = `/apps/${APPLICATION}/${id}`;
  let wasReady = false;
  const tell = async (method: 'PUT' | 'POST' | 'DELETE', to: string, body?: object) => {
    await client.ask({ method, path: to, ...(body && { body }), deadlineMs: DEADLINE_MS });
  };
  const tellStatus = async (isReady: boolean) => {
    if (isReady) await tell('DELETE', `${path}/status?value=UP`);
    else await tell('PUT', `${path}/status?value=OUT_OF_SERVICE`);
    wasReady = isReady;
  };
  return {
    renewalMs: RENEWAL_MS,
    turnoverMs: TURNOVER_MS,
    async register(isReady) {
      const address = await findOwnAddress(client.url, host);
      const url = `http://${formatHost(address)}:${httpPort}/`;
      await tell('POST', `/apps/${APPLICATION}`, {
        instance: {
          instanceId: id,
          app: APPLICATION,
          vipAddress: SERVICE,
          hostName: formatHost(address),
          ipAddr: address,
          port: { $: httpPort, '@enabled': 'true' },
          // Were it out of service already, a server would take the override for no change, and not keep it as one.
          status: isReady ? 'UP' : 'STARTING',
          homePageUrl: url,
          statusPageUrl: `${url}v1/clock`,
          dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
          leaseInfo: { renewalIntervalInSecs: RENEWAL_MS / 1000, durationInSecs: LEASE_SECONDS },
          metadata,
        },
      });
      await tellStatus(isReady);
    },
    renew: (isReady) => (isReady === wasReady ? tell('PUT', path) : tellStatus(isReady)),
    deregister: () => tell('DELETE', path),
  };
}
