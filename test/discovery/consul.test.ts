/** The tests of test/registry against a real agent, where CONSUL names its binary. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import { openRestartable, type RestartableServer } from '../restartable-server.ts';
import { findFreePort } from '../free-port.ts';
import { describeConsul } from '../registry/consul-contract.ts';

/** Keeps nothing on disk, so that it restarts with nothing. */
async function openAgent(binary: string): Promise<RestartableServer> {
  const ports = await Promise.all(Array.from({ length: 3 }, findFreePort));
  const [http, serf, server] = ports;
  const url = `http://127.0.0.1:${http}`;
  const start = async () => {
    const child = spawn(
      binary,
      // prettier-ignore
      [
        'agent', '-dev', '-bind=127.0.0.1', '-log-level=error', `-http-port=${http}`, '-grpc-port=-1', '-grpc-tls-port=-1',
        '-dns-port=-1', '-serf-wan-port=-1', `-serf-lan-port=${serf}`, `-server-port=${server}`,
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    // A leader is what it can be told by.
    while (!(await hasLeader(url))) await delay(100);
    return child;
  };
  return openRestartable(url, start);
}

async function hasLeader(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/v1/status/leader`, { headers: { Connection: 'close' } }).catch(() => undefined);
  return (await answer?.text())?.includes(':') === true;
}

const binary = process.env['CONSUL'];

describe(binary === undefined ? 'Consul (skipped: CONSUL names no binary of an agent)' : 'Consul', () => {
  before(function () {
    if (binary === undefined) this.skip();
  });

  describeConsul(() => openAgent(binary ?? ''));
});
