import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { needTool } from '../outside-tool.ts';
import { ConsulServer } from '../registry/consul-server.ts';
import { startService } from '../service-process.ts';
import { buildEurekaServer, openEurekaServer } from './eureka-server.ts';

const run = promisify(execFile);
const TIME = /^Current time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n$/;

/** The code below a heading of docs/discovery.md. */
function readSnippet(heading: string): string {
  const [, rest = ''] = readFileSync('docs/discovery.md', 'utf8').split(`### ${heading}\n`);
  const code = /```\w+\n([^]*?)```/.exec(rest)?.[1];
  if (code === undefined) throw new Error(`Expected code below ${heading}`);
  return code;
}

describe('clients of other languages, as docs/discovery.md has them,', () => {
  let directory: string;
  let classpath: string;
  const registries = new AsyncDisposableStack();
  const environment: Record<string, string> = {};

  before(async function () {
    for (const [tool, install] of [
      ['go', 'install golang'],
      ['java', 'install openjdk-17-jdk-headless'],
      ['mvn', 'install maven'],
    ] as const)
      needTool(this, tool, install);
    directory = mkdtempSync(join(tmpdir(), 'clients-'));
    buildEurekaServer();
    classpath = readFileSync('build/eureka-server/classpath', 'utf8');
    const eureka = registries.use(await openEurekaServer());
    const consul = registries.use(await ConsulServer.open());
    for (const registry of [`eureka:${eureka.url}`, `consul:${consul.url}`]) {
      const service = registries.use(await startService({ REGISTRY: registry }));
      await service.logged('"registered"');
    }
    Object.assign(environment, process.env, { EUREKA_URL: eureka.url, CONSUL_HTTP_ADDR: consul.url });
  });
  after(async () => {
    await registries.disposeAsync();
    if (directory) rmSync(directory, { recursive: true });
  });

  for (const registry of ['Consul', 'Eureka']) {
    it(`find the service in ${registry} from Go`, async () => {
      const file = join(directory, `${registry}.go`);
      writeFileSync(file, readSnippet(`Go, ${registry}`));
      assert.match((await run('go', ['run', file], { env: environment })).stdout, TIME);
    });

    it(`find the service in ${registry} from Java`, async () => {
      const file = join(directory, `${registry}.java`);
      writeFileSync(file, readSnippet(`Java, ${registry}`));
      assert.match((await run('java', ['-cp', classpath, file], { env: environment })).stdout, TIME);
    });
  }
});
