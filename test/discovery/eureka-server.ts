/** Netflix's Eureka server on a port of its own, compiled and resolved by Maven the first time. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { openRestartable, type RestartableServer } from '../restartable-server.ts';
import { findFreePort } from '../free-port.ts';

const PROJECT = 'test/discovery/eureka-server';
const BUILD = 'build/eureka-server';

/** Its answers are at most as old as this, in place of half a minute. */
const CACHE_MS = 100;

export function buildEurekaServer(): void {
  const goals = ['--batch-mode', '--quiet', '--file', PROJECT, 'compile', 'dependency:build-classpath'];
  const { status, stdout } = spawnSync('mvn', [...goals, `-Dmdep.outputFile=${process.cwd()}/${BUILD}/classpath`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Maven ended with ${status}: ${stdout}`);
}

export async function openEurekaServer(): Promise<RestartableServer> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}/eureka`;
  const properties = {
    'server.port': port,
    'server.address': '127.0.0.1',
    // It is alone, and is not in its own registry.
    'eureka.client.register-with-eureka': false,
    'eureka.client.fetch-registry': false,
    'eureka.server.response-cache-update-interval-ms': CACHE_MS,
    'eureka.server.wait-time-in-ms-when-sync-empty': 0,
    'logging.level.root': 'error',
    'spring.main.banner-mode': 'off',
  };
  const classpath = `${BUILD}/classes:${readFileSync(`${BUILD}/classpath`, 'utf8')}`;
  const options = Object.entries(properties).map(([name, value]) => `--${name}=${value}`);
  const start = async () => {
    const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-cp', classpath, 'EurekaServer', ...options], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    while (!(await fetch(`${url}/apps`).catch(() => undefined))?.ok) {
      if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode} before it served`);
      await delay(100);
    }
    return child;
  };
  return openRestartable(url, start);
}
