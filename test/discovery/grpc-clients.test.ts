/**
 * The gRPC clients of the README, each made and run as its own comments say. What they need is pinned here: the README
 * leaves it open, and a new release of it must not fail a change of ours.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { needTool } from '../outside-tool.ts';
import { readProgram } from '../readme.ts';
import { startService, type ServiceProcess } from '../service-process.ts';

const PYTHON_PACKAGES = ['grpcio==1.85.1', 'grpcio-tools==1.85.1'];
const GO_MODULES = ['google.golang.org/grpc@v1.85.0', 'google.golang.org/protobuf@v1.36.12'];
/** Kept from one run to the next. */
const PYTHON_ENVIRONMENT = resolve('build/grpc-clients');

const PARIS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0[12]:00\[Europe\/Paris\]\n$/;

const run = promisify(execFile);

describe('gRPC clients, as the README has them,', function () {
  // Packages come from elsewhere.
  this.timeout(300_000);
  let service: ServiceProcess;
  let folder: string;

  /** Types a command in the folder of one client. */
  async function type(command: string): Promise<string> {
    const env = {
      ...process.env,
      PATH: [folder, join(PYTHON_ENVIRONMENT, 'bin'), process.env['PATH']].join(delimiter),
      PIP_CONSTRAINT: join(folder, 'constraints.txt'),
      TIME_SERVICE: `dns:///localhost:${service.grpcPort}`,
    };
    return (await run('sh', ['-ec', command], { cwd: folder, env })).stdout;
  }

  before(async function () {
    needTool(this, 'python3', 'install Python 3 with venv');
    needTool(this, 'go', 'install golang');
    needTool(this, 'protoc-gen-go', 'go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12');
    needTool(this, 'protoc-gen-go-grpc', 'go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2');
    await run('python3', ['-m', 'venv', PYTHON_ENVIRONMENT]);
    service = await startService();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'grpc-client-'));
    cpSync('app/grpc/proto', join(folder, 'proto'), { recursive: true });
    writeFileSync(join(folder, 'constraints.txt'), PYTHON_PACKAGES.join('\n'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  after(() => service?.[Symbol.asyncDispose]());

  it('ask from Node', async () => {
    // Its packages are among this project's own.
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'client.mjs'), readProgram('js'));
    assert.match(await type('node client.mjs'), PARIS);
  });

  it('ask from Python', async () => {
    const program = readProgram('python');
    const [, install = ''] = /^# (pip install [\w -]+)\./m.exec(program) ?? [];
    const [, compile = ''] = /^# (python -m .*)$/m.exec(program) ?? [];
    writeFileSync(join(folder, 'client.py'), program);
    await type(`${install} --quiet --disable-pip-version-check`);
    await type(compile);
    assert.match(await type('python client.py'), PARIS);
  });

  it('ask from Go', async () => {
    const program = readProgram('go');
    // The compiler of Python's package is protoc itself.
    await type(`pip install --quiet --disable-pip-version-check ${PYTHON_PACKAGES.join(' ')}`);
    writeFileSync(join(folder, 'protoc'), '#!/bin/sh\nexec python -m grpc_tools.protoc "$@"\n');
    chmodSync(join(folder, 'protoc'), 0o755);
    const [comment = ''] = /^(?:\/\/ .*\n)+/.exec(program) ?? [];
    await type(comment.replaceAll(/^\/\/ /gm, ''));
    writeFileSync(join(folder, 'main.go'), program);
    await type(`go mod init example.org/client; go get ${GO_MODULES.join(' ')}; go mod tidy`);
    assert.match(await type('go run .'), PARIS);
  });
});
