/** Enters this instance in the registry that the configuration names, and tells the log how that goes. */
import type { Logger } from 'pino';

import { consulRegistry, openConsul } from './consul.ts';
import { eurekaRegistry, openEureka } from './eureka.ts';
import type { Instance } from './instance.ts';
import { Registration, type Registry } from './registration.ts';
import type { RegistrySource } from './registry-source.ts';

export interface RegistrationOptions {
  readonly instance: Instance;
  /** What the service listens on. */
  readonly host: string;
  readonly isReady: () => boolean;
  readonly logger: Logger;
}

export function startRegistration(
  source: RegistrySource | undefined,
  { instance, host, isReady, logger }: RegistrationOptions,
): Registration | undefined {
  if (!source) return undefined;
  const { kind, url } = source;
  return new Registration(registryOf(source, instance, host), isReady, {
    onRegister: () => logger.info({ registry: kind, url, id: instance.id }, 'registered'),
    onLeave: () => logger.info({ registry: kind, url, id: instance.id }, 'left the registry'),
    onFailure: (error, pauseMs) => logger.warn({ err: error, registry: kind, pauseMs }, 'the registry cannot be told'),
  });
}

function registryOf(source: RegistrySource, instance: Instance, host: string): Registry {
  return source.kind === 'consul'
    ? consulRegistry(openConsul(source), instance, host)
    : eurekaRegistry(openEureka(source), instance, host);
}
