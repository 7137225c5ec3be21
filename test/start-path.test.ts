/** What is loaded by the first answer: a pod that is added under load is of use only once it answers. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startService } from './service-process.ts';

/** Notes each module as it is loaded. */
const WATCH = `
  import { appendFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      appendFileSync(process.env.LOADED_FILE, url + '\\n');
      return next(url, context);
    },
  });
`;

/** @returns the packages that a service has loaded when it has answered once */
async function listPackages(environment: Record<string, string> = {}): Promise<Set<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'start-path-'));
  try {
    const file = join(folder, 'loaded');
    const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
    await using service = await startService({
      LOADED_FILE: file,
      NODE_OPTIONS: `--import=${watch}`,
      ...environment,
    });
    assert.equal((await fetch(`http://127.0.0.1:${service.httpPort}/time`)).status, 200);
    const urls = (await readFile(file, 'utf8')).split('\n');
    return new Set(urls.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? url));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** prom-client needs OpenTelemetry's API, which is small; what sends traces is not. */
const LATE = /kubernetes|opentelemetry\/(?!api$)|grpc\/reflection|swagger|maxmind|pino-pretty/;

describe('the way to the first answer', () => {
  it('loads what it needs, and no client of Kubernetes, reflection, documentation, traces or databases', async () => {
    const packages = await listPackages();
    assert.ok(packages.has('koa') && packages.has('@grpc/grpc-js') && packages.has('pino'), [...packages].join());
    const late = [...packages].filter((name) => !name.startsWith('file:') && LATE.test(name));
    assert.deepEqual(late, []);
  });

  it('loads OpenTelemetry where traces are wanted', async () => {
    const packages = await listPackages({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    assert.ok(packages.has('@opentelemetry/sdk-trace'), [...packages].join());
  });
});
