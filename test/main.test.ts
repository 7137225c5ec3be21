import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { startService } from './service-process.ts';

describe('the process', () => {
  it('ends at once with code 78 and one message when its environment is bad', () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ['app/main.ts'], {
      env: { PATH: process.env['PATH'], PORT: 'x', DEFAULT_ZONE: 'y' },
      encoding: 'utf8',
    });
    assert.equal(status, 78);
    assert.equal(stdout, '');
    assert.equal(stderr.split('\n').length, 4);
    assert.match(stderr, /PORT: expected .*, got "x"\n {2}DEFAULT_ZONE: expected .*, got "y"/);
  });

  it('becomes unready at SIGTERM, goes on answering, and ends with code 0', async () => {
    await using service = await startService({ KEEP_ALIVE_TIMEOUT_MS: '200' });
    assert.equal((await fetch(`http://127.0.0.1:${service.adminPort}/readyz`)).status, 200);
    service.child.kill('SIGTERM');
    let ready = 200;
    while (ready === 200) ready = (await fetch(`http://127.0.0.1:${service.adminPort}/readyz`)).status;
    assert.equal(ready, 503);
    const answer = await fetch(`http://127.0.0.1:${service.httpPort}/time`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('connection'), 'close');
    assert.equal(await service.ended, 0);
    assert.match(service.logLines.at(-1) ?? '', /"isClean":true/);
  });

  it('ends at once at a second signal', async () => {
    await using service = await startService({ KEEP_ALIVE_TIMEOUT_MS: '60000', DRAIN_TIMEOUT_MS: '90000' });
    service.child.kill('SIGTERM');
    await service.logged('draining');
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 1);
  });

  it('says which port it cannot have, and ends', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(startService({ PORT: String(port) }), /ended with 1/);
    taken.close();
  });

  it('answers while nobody reads its log', async () => {
    const child = spawn(process.execPath, ['app/main.ts'], {
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: '0',
        GRPC_PORT: '0',
        ADMIN_PORT: '0',
        LOG_LEVEL: 'debug',
        // That a busy machine has it shed requests says nothing of the log.
        MAX_EVENT_LOOP_DELAY_MS: '60000',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    child.stdout.pause();
    const { http: port } = JSON.parse(chunk.toString()) as { http: number };
    // A pipe holds 64 KiB; a thousand lines are more than twice that.
    for (let round = 0; round < 34; round++) {
      const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(`http://127.0.0.1:${port}/time`)));
      for (const answer of answers) assert.equal(answer.status, 200);
    }
    child.kill('SIGKILL');
    await ended;
  });

  it('sends spans to OpenTelemetry’s endpoint, the last of them before it ends', async () => {
    const received: unknown[] = [];
    const collector = createServer((request, response) => {
      void json(request)
        .then((body) => received.push(body))
        .then(() => response.setHeader('Content-Type', 'application/json').end('{}'));
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    await using service = await startService({
      KEEP_ALIVE_TIMEOUT_MS: '100',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    await fetch(`http://127.0.0.1:${service.httpPort}/time`, {
      headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    const { headers } = await fetch(`http://127.0.0.1:${service.httpPort}/v1/clock`);
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    collector.close();
    const spans = JSON.stringify(received);
    // What is traced by no one else begins a trace, under the id that its answer has, and without a parent.
    assert.match(
      spans,
      new RegExp(
        `"traceId":"${headers.get('x-request-id')}","spanId":"[0-9a-f]{16}",(?!"parent)[^{]*"name":"GET /v1/clock"`,
      ),
    );
    assert.match(
      spans,
      /"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"[0-9a-f]{16}".*"parentSpanId":"b7ad6b7169203331"/,
    );
    assert.match(spans, /"name":"GET \/time"/);
  });

  it('ends well though no collector takes its spans', async () => {
    await using service = await startService({
      KEEP_ALIVE_TIMEOUT_MS: '100',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    });
    await fetch(`http://127.0.0.1:${service.httpPort}/time`);
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    assert.match(service.logLines.at(-1) ?? '', /spans are taken by no collector/);
  });
});
