/**
 * The README's commands are run: here those that need no more than the service or the checkout, the others by the suites
 * that are named for them. A command that is in no list fails, and so does a suite that has lost its command.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { VERSION } from '../app/version.ts';
import { needTool } from './outside-tool.ts';
import { readCommands, readProgram, startCommand } from './readme.ts';
import { startService, type ServiceProcess } from './service-process.ts';

const run = promisify(execFile);

/** The file that runs a command, and what in it does. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'make test': ['.ci/run', 'make test'],
  'make check': ['.ci/run', 'make check'],
  'make tzdata OUT=': ['test/oracle/tzdata-directory.test.ts', "'tzdata', `OUT="],
  'make image': ['test/cluster/image.test.ts', "'make image'"],
  [`docker run --rm --read-only --cap-drop ALL -p 8080:8080 time-service:${VERSION}`]: [
    'test/cluster/image.test.ts',
    "'docker run --rm --read-only ",
  ],
  'docker network create clocks': ['test/cluster/image.test.ts', "'docker network create clocks'"],
  [`docker run --rm -d --network clocks --name clock time-service:${VERSION}`]: [
    'test/cluster/image.test.ts',
    "'docker run --rm -d ",
  ],
  [`docker run --rm --network clocks --entrypoint /nodejs/bin/node time-service:${VERSION} -e 'fetch("http://clock:8080/time").then((answer) => answer.text()).then(console.log)'`]:
    ['test/cluster/image.test.ts', "'docker run --rm --network "],
  'docker stop clock && docker network rm clocks': ['test/cluster/image.test.ts', "'docker stop clock "],
  'docker compose up --build': ['test/discovery/compose.test.ts', "compose('up', "],
  'make deploy': ['test/cluster/hooks.ts', "makeOrThrow('deploy')"],
  'make deploy ENV=production CONTEXT=name IMAGE=registry/time-service@sha256:…': [
    'test/cluster/versions.test.ts',
    "makeOrThrow('deploy', { image",
  ],
  'make push REGISTRY=': ['test/cluster/image.test.ts', "'make push REGISTRY='"],
  'make up': ['test/cluster/up.test.ts', "'make up'"],
  'make status': ['test/cluster/up.test.ts', "'make status'"],
  'make logs': ['test/cluster/up.test.ts', "'make logs'"],
  'make port-forward': ['test/cluster/up.test.ts', "'make port-forward'"],
  'make diff-live ENV= CONTEXT=': ['test/cluster/up.test.ts', "'make diff-live ENV= CONTEXT='"],
  'make undeploy': ['test/cluster/up.test.ts', "'make undeploy'"],
  'make down': ['test/cluster/up.test.ts', "'make down'"],
  'make rollback': ['test/cluster/bad-deploys.test.ts', "makeOrThrow('rollback'"],
};

/** What the service's own clients type. */
const CLIENTS = [
  'curl localhost:8080/time',
  "curl 'localhost:8080/v1/time?zone=Europe/Paris'",
  "curl -H 'Accept: text/plain' localhost:8080/v1/zones/Europe/Paris",
  'grpcurl -plaintext localhost:50051 list',
];

/** What is typed in a checkout. */
const CHECKOUT = [
  'make',
  'make run',
  'make synth',
  'make diff',
  'make bundle',
  'make pin IMAGE=',
  'make release VERSION=1.2.3 IMAGE=',
  'node infra/review.ts BEFORE AFTER',
];

describe('the commands of the README', () => {
  const commands = readCommands();

  it('are each run by a test', () => {
    const known = new Set([...CLIENTS, ...CHECKOUT, ...Object.keys(ELSEWHERE)]);
    const typed = new Set(commands.map(({ text }) => text));
    assert.deepEqual([...typed.difference(known)], [], 'commands that no test runs');
    assert.deepEqual([...known.difference(typed)], [], 'commands that the README no longer has');
  });

  for (const [command, [file, text]] of Object.entries(ELSEWHERE)) {
    it(`have ${command} run by ${file}`, () => {
      assert.ok(readFileSync(file, 'utf8').includes(text), `${file} does not have ${text}`);
    });
  }

  describe('to the service', () => {
    let service: ServiceProcess;
    before(async () => {
      service = await startService();
    });
    after(() => service[Symbol.asyncDispose]());

    for (const command of CLIENTS) {
      it(`print for ${command} what is said of it`, async function () {
        needTool(this, command.split(' ')[0]!, 'install it');
        const { output = '' } = commands.find(({ text }) => text === command) ?? {};
        const typed = command
          .replace('localhost:8080', `127.0.0.1:${service.httpPort}`)
          .replace('localhost:50051', `127.0.0.1:${service.grpcPort}`);
        const { stdout } = await run('sh', ['-c', typed]);
        assert.notEqual(stdout, '');
        if (output !== '') assert.deepEqual(shapeOf(stdout), shapeOf(output));
      });
    }
  });

  describe('in a checkout', function () {
    this.timeout(120_000);
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'checkout-'));
      const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
      for (const file of stdout.split('\0').filter((name) => name !== '' && existsSync(name))) {
        cpSync(file, join(folder, file), { preserveTimestamps: true });
      }
      symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
      const git = (...args: string[]) =>
        run('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: folder });
      await git('init', '--quiet', '--initial-branch=main');
      await git('add', '--all');
      await git('commit', '--quiet', '--message=all');
    });
    after(() => rmSync(folder, { recursive: true }));

    const make = async (...args: string[]) =>
      (await run('make', ['--no-print-directory', ...args], { cwd: folder })).stdout;
    const changedFiles = async () =>
      (await run('git', ['diff', '--name-only'], { cwd: folder })).stdout.trim().split('\n');

    it('list with make every target that there is', async () => {
      const listed = await make();
      const targets = readFileSync('Makefile', 'utf8')
        .matchAll(/^\.PHONY: (.*)$/gm)
        .map(([, name = '']) => name);
      for (const target of targets) assert.match(listed, new RegExp(`^  make ${target} `, 'm'));
    });

    it('write with make synth what is committed, and find with make diff that nothing changes', async () => {
      await make('synth');
      assert.deepEqual(await changedFiles(), ['']);
      assert.match(await make('diff'), /^Nothing changes/);
      const { stdout } = await run(process.execPath, ['infra/review.ts', 'dist', 'dist'], { cwd: folder });
      assert.match(stdout, /^Nothing changes/);
    });

    it('make with make bundle the one file of the image, and its source map', async () => {
      await make('bundle');
      for (const file of ['main.cjs', 'main.cjs.map']) assert.ok(existsSync(join(folder, 'build', file)), file);
    });

    it('serve with make run, and end with Ctrl-C', async () => {
      const variables = { HOST: '127.0.0.1', PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0' };
      const command = startCommand('make run', { folder, variables });
      const line = await command.printed(/"serving"/);
      const { http } = JSON.parse(line) as { http: number };
      const answer = await fetch(`http://127.0.0.1:${http}/time`);
      assert.match(await answer.text(), /^Current time: /);
      await command.interrupt();
    });

    it('write with make pin and make release what a release is', async () => {
      await make('pin', 'IMAGE=images.example.org/time-service:1.2.3');
      assert.match(
        readFileSync(join(folder, 'dist/production.yaml'), 'utf8'),
        /image: images\.example\.org\/time-service:1\.2\.3\n/,
      );
      // What is checked before a release is checked of the checkout that this test is in.
      await make('--old-file=check', 'release', 'VERSION=1.2.3', 'IMAGE=images.example.org/time-service:1.2.3');
      const changed = await changedFiles();
      for (const file of ['CHANGELOG.md', 'package.json', 'dist/production.yaml'])
        assert.ok(changed.includes(file), file);
      // What people type has the new version's name.
      const { stdout } = await run(
        'git',
        ['grep', '--only-matching', '-h', 'time-service:[0-9][0-9.]*', '--', '*.md', '*.yaml'],
        {
          cwd: folder,
        },
      );
      assert.deepEqual(new Set(stdout.trim().split('\n')), new Set(['time-service:1.2.3']));
    });

    it('have make synth make the manifests of the environment that the README adds', async () => {
      const table = join(folder, 'infra/environments.ts');
      const entry = readProgram('ts');
      writeFileSync(table, readFileSync(table, 'utf8').replace(/\};\n$/, `${entry}};\n`));
      await run('node_modules/.bin/tsc', [], { cwd: folder });
      await make('synth');
      assert.match(readFileSync(join(folder, 'dist/staging.yaml'), 'utf8'), /kind: GRPCRoute/);
    });
  });
});

/** What stays the same from one answer to the next: of JSON the fields, of text all but the digits. */
function shapeOf(text: string): unknown {
  if (!text.startsWith('{')) return text.trim().replaceAll(/\d/g, '0');
  return JSON.parse(text, (_, value: unknown) => (value !== null && typeof value === 'object' ? value : 'value'));
}
