import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { openGrpc, type TestServer } from './service.ts';
import { NOW } from '../http/service.ts';
import { needTool } from '../outside-tool.ts';

const run = promisify(execFile);

describe('clients from outside', () => {
  let server: TestServer;

  before(async () => {
    server = await openGrpc();
  });
  after(() => server[Symbol.asyncDispose]());

  describe('grpcurl', () => {
    before(function () {
      needTool(this, 'grpcurl', 'go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3');
    });

    const grpcurl = async (...words: string[]) => (await run('grpcurl', ['-plaintext', ...words])).stdout;

    it('lists the services by reflection', async () => {
      assert.deepEqual((await grpcurl(server.address, 'list')).trim().split('\n'), [
        'grpc.health.v1.Health',
        'time.v1.TimeService',
      ]);
    });

    it('describes a method, a message and a field’s type', async () => {
      assert.match(
        await grpcurl(server.address, 'describe', 'time.v1.TimeService.WatchTime'),
        /stream \.time\.v1\.WatchTimeResponse/,
      );
      assert.match(await grpcurl(server.address, 'describe', 'time.v1.ConvertRequest'), /oneof time \{/);
      assert.match(await grpcurl(server.address, 'describe', 'google.protobuf.Timestamp'), /int64 seconds = 1;/);
    });

    it('says of an unknown symbol that it is not there', () =>
      assert.rejects(grpcurl(server.address, 'describe', 'time.v1.Nothing'), /Symbol not found/));

    it('calls without a proto', async () => {
      const answer = JSON.parse(
        await grpcurl('-d', '{"zones":["europe/paris"]}', server.address, 'time.v1.TimeService/GetTime'),
      ) as { reading: { instant: string } };
      assert.equal(answer.reading.instant, NOW);
    });

    it('shows the details of an error', () =>
      assert.rejects(
        grpcurl('-d', '{"zones":["x"]}', server.address, 'time.v1.TimeService/GetTime'),
        /"@type": "type\.googleapis\.com\/google\.rpc\.BadRequest",[^]*"field": "zones\[0\]"/,
      ));
  });

  describe('grpc-health-probe', () => {
    before(function () {
      needTool(this, 'grpc-health-probe', 'go install github.com/grpc-ecosystem/grpc-health-probe@v0.4.61');
    });

    const probe = (service: string) => run('grpc-health-probe', ['-addr', server.address, '-service', service]);

    it('finds the server and its service serving', async () => {
      for (const service of ['', 'time.v1.TimeService']) assert.match((await probe(service)).stderr, /status: SERVING/);
    });

    it('ends with 4 when the server is not serving', async () => {
      server.isServing = false;
      await assert.rejects(probe(''), { code: 4 });
      server.isServing = true;
    });
  });
});
