/**
 * docker-compose.yaml as it is, under load. No image can be pulled everywhere: Consul and HAProxy are this machine's own,
 * put into images with the libraries that they need. CONSUL names the binary of Consul.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { httpClients } from '../load/http-clients.ts';
import { Load } from '../load/load.ts';
import { formatReport } from '../load/report.ts';
import { needTool } from '../outside-tool.ts';
import { findFreePort } from '../free-port.ts';

const run = promisify(execFile);
const INSTANCES = ['time-1', 'time-2', 'time-3'];
const REQUESTS = 50_000;

const consul = process.env['CONSUL'];
const port = await findFreePort();

const hasPlugin = spawnSync('docker', ['compose', 'version']).status === 0;
const FILES = [
  '-p',
  'time-service-compose',
  '-f',
  'docker-compose.yaml',
  '-f',
  'test/discovery/stand-ins/compose.yaml',
];

function compose(...words: string[]) {
  const [program, ...first] = hasPlugin ? (['docker', 'compose'] as const) : (['docker-compose'] as const);
  return run(program, [...first, ...FILES, ...words], { env: { ...process.env, PORT: String(port) } });
}

/** An image of one program of this machine. */
async function buildImage(tag: string, program: string, start: readonly string[]): Promise<void> {
  const context = join('build', 'compose', basename(program));
  rmSync(context, { recursive: true, force: true });
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  const libraries = Array.from(stdout.matchAll(/(?<=\s)\/\S+/g), ([path]) => path);
  for (const [from, to] of [[program, join('/bin', basename(program))], ...libraries.map((path) => [path, path])]) {
    mkdirSync(join(context, dirname(to!)), { recursive: true });
    copyFileSync(from!, join(context, to!));
  }
  const lines = [
    'FROM scratch',
    'COPY bin /bin',
    ...(libraries.length > 0 ? ['COPY lib /lib', 'COPY lib64 /lib64'] : []),
  ];
  if (libraries.some((path) => path.startsWith('/usr'))) lines.push('COPY usr /usr');
  writeFileSync(join(context, 'Dockerfile'), [...lines, `ENTRYPOINT ${JSON.stringify(start)}`].join('\n'));
  await run('docker', ['build', '--tag', tag, context]);
}

async function isRegistered(instance: string): Promise<boolean> {
  return (await compose('logs', '--no-color', instance)).stdout.includes('"registered"');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(250);
}

describe('docker-compose.yaml, with Consul and HAProxy of this machine in place of their images,', () => {
  before(async function () {
    needTool(this, 'docker', 'install docker');
    if (!hasPlugin) needTool(this, 'docker-compose', 'install docker-compose');
    needTool(this, '/usr/sbin/haproxy', 'install haproxy');
    needTool(this, consul ?? 'consul', 'set CONSUL to the binary of an agent');
    await buildImage('consul-stand-in:compose-test', consul ?? '/usr/bin/consul', ['/bin/consul']);
    await buildImage('haproxy-stand-in:compose-test', '/usr/sbin/haproxy', [
      '/bin/haproxy',
      '-f',
      '/usr/local/etc/haproxy/haproxy.cfg',
    ]);
    await run('make', ['image', 'IMAGE_NAME=time-service:compose-test']);
    await compose('up', '--detach', '--no-build');
    await Promise.all(INSTANCES.map((instance) => until(() => isRegistered(instance))));
  });
  after(() => compose('down', '--volumes', '--timeout', '0'));

  const url = `http://127.0.0.1:${port}`;

  it('answers through its load balancer, and its instances are each other’s peers', async () => {
    await until(async () => (await fetch(`${url}/time`)).ok);
    assert.match(await (await fetch(`${url}/time`)).text(), /^Current time: /);
    await until(async () => {
      const answer = await fetch(`${url}/v1/peers`);
      const { peers } = (await answer.json()) as { peers: readonly { verdict: string }[] };
      return peers.length === 2 && peers.every(({ verdict }) => verdict === 'agrees');
    });
  });

  it(`loses none of ${REQUESTS} requests while its three instances are replaced`, async () => {
    await using load = new Load({
      clients: httpClients({ url: `${url}/time`, keepAlive: 20, fresh: 1 }),
      ratePerSecond: 1000,
      maxRequests: 10_000_000,
      maxSeconds: 280,
    });
    for (const instance of INSTANCES) {
      await compose('up', '--detach', '--no-build', '--no-deps', '--force-recreate', instance);
      await until(() => isRegistered(instance));
      // By then HAProxy has asked again.
      await delay(3000);
    }
    await until(async () => load.ended >= REQUESTS);
    const report = await load.stop();
    console.log(formatReport(report));
    assert.deepEqual(report.errors, {});
    assert.deepEqual(Object.keys(report.answers), ['200']);
    assert.ok(report.requests >= REQUESTS);
  });
});
