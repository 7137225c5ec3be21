/**
 * The image, as the README and docs/time-zone-data.md say to make it, run it and reach it: read-only, without
 * capabilities, with newer tz data and a database of places mounted as volumes.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtempDisposable, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { EXIT_CODE_CONFIG } from '../../app/config.ts';
import { VERSION } from '../../app/version.ts';
import { writeDatabase } from '../maxmind-database.ts';
import { needTool } from '../outside-tool.ts';
import { readCommands, startCommand, typeCommand } from '../readme.ts';
import { makeDirectory, makeFiles, RELEASE } from '../tzdata-fixture.ts';

const IMAGE = `time-service:${VERSION}`;
const run = promisify(execFile);
const docker = async (...args: string[]) => (await run('docker', args)).stdout.trim();

interface Container extends AsyncDisposable {
  readonly url: string;
}

/** Runs the image as the README does, in the background, at a port of its own. */
async function runImage(...options: string[]): Promise<Container> {
  const command = readCommands().find(({ text }) => text.startsWith('docker run --rm --read-only '))!.text;
  const words = command.replace('-p 8080:8080', '-p 127.0.0.1::8080').split(' ').slice(2);
  const id = await docker('run', '--detach', ...options, ...words);
  const url = `http://${(await docker('port', id, '8080/tcp')).split('\n')[0]}`;
  await waitForAnswer(`${url}/time`);
  return { url, [Symbol.asyncDispose]: async () => void (await docker('stop', id)) };
}

async function waitForAnswer(url: string): Promise<void> {
  for (let attempts = 100; attempts > 0; attempts--) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await delay(200);
  }
  throw new Error(`${url} does not answer`);
}

/** Every file of an image, in order, with its mode, its owner and a hash of what is in it. */
async function listFiles(image: string): Promise<string[]> {
  const container = await docker('create', image);
  const line = 'echo "$TAR_MODE $TAR_UID:$TAR_GID $(sha256sum | cut -c-64) $TAR_FILENAME"';
  try {
    const { stdout } = await run('sh', ['-c', `docker export ${container} | tar --extract --to-command='${line}'`], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim().split('\n').toSorted();
  } finally {
    await docker('rm', container);
  }
}

describe('the image', function () {
  this.timeout(300_000);

  before(async function () {
    needTool(this, 'docker', 'install Docker');
    await typeCommand('make image');
  });

  it('answers, read-only and without capabilities', async () => {
    await using container = await runImage();
    const answer = await fetch(`${container.url}/time`);
    assert.match(await answer.text(), /^Current time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.equal((await fetch(`${container.url}/docs/swagger-ui.css`)).status, 200);
  });

  it('has no shell, and no file by which a process gains rights', async () => {
    const container = await docker('create', IMAGE);
    try {
      const { stdout } = await run('sh', ['-c', `docker export ${container} | tar --list --verbose`], {
        maxBuffer: 64 * 1024 * 1024,
      });
      const files = stdout.trim().split('\n');
      assert.ok(files.some((line) => line.endsWith(' app/main.cjs')));
      assert.deepEqual(
        files.filter((line) => /^-..s|^-.{5}s/.test(line)),
        [],
      );
      assert.deepEqual(
        files.filter((line) => /\/(?:ba|da|z|k)?sh(?: |$)|\/(?:busybox|apt|dpkg|apk)(?: |$)/.test(line)),
        [],
      );
    } finally {
      await docker('rm', container);
    }
  });

  it('has the same files, with the same modes and owners, when it is built again', async () => {
    const again = `${IMAGE}-again`;
    await run('make', ['image', `IMAGE_NAME=${again}`, 'BUILD_OPTIONS=--no-cache'], { maxBuffer: 64 * 1024 * 1024 });
    const [first, second] = await Promise.all([listFiles(IMAGE), listFiles(again)]);
    assert.ok(first.some((line) => line.endsWith(' app/main.cjs')));
    assert.deepEqual(second, first);
  });

  it('is reached by other containers by its name', async () => {
    await typeCommand('docker network create clocks');
    try {
      await typeCommand('docker run --rm -d ');
      const ask = () => typeCommand('docker run --rm --network ');
      // The first may ask before the service listens.
      assert.match(await ask().catch(ask), /^Current time: /);
    } finally {
      await typeCommand('docker stop clock ');
    }
  });

  it('goes to a registry, and comes from it again', async function () {
    needTool(this, 'crane', 'go install github.com/google/go-containerregistry/cmd/crane@v0.20.6');
    const registry = startCommand('crane registry serve --address 127.0.0.1:0 2>&1');
    try {
      const port = /\d+$/.exec(await registry.printed(/ port \d+$/))![0];
      const printed = await typeCommand('make push REGISTRY=', { REGISTRY: `127.0.0.1:${port}/team` });
      const pushed = /IMAGE=(\S+)`/.exec(printed)![1]!;
      const id = () => docker('image', 'inspect', '--format', '{{.Id}}', pushed);
      const before = await id();
      await docker('image', 'rm', pushed);
      await docker('pull', pushed);
      assert.equal(await id(), before);
      await docker('image', 'rm', pushed);
    } finally {
      await registry.interrupt();
    }
  });

  it('reads newer zones and the places of addresses from volumes', async () => {
    await using tzdata = await makeDirectory(makeFiles());
    await using places = await mkdtempDisposable(join(tmpdir(), 'places-'));
    const database = join(places.path, 'city.mmdb');
    await writeFile(database, writeDatabase({ '192.0.2.0/24': { location: { time_zone: 'Asia/Tokyo' } } }));
    // The image's user is not the one who made the folders.
    for (const { path } of [tzdata, places]) await chmod(path, 0o755);
    await using container = await runImage(
      `--volume=${tzdata.path}:/tzdata:ro`,
      '--env=TZDATA_DIRECTORY=/tzdata',
      `--volume=${database}:/geo.mmdb:ro`,
      '--env=GEOIP_DATABASE=/geo.mmdb',
    );
    const algiers = await fetch(`${container.url}/v1/zones/Africa/Algiers`);
    const { tzdb, posixTz } = (await algiers.json()) as Record<string, unknown>;
    assert.deepEqual([tzdb, posixTz], [RELEASE, 'CET-1']);
    const { timezone } = (await (await fetch(`${container.url}/api/ip/192.0.2.7`)).json()) as { timezone: string };
    assert.equal(timezone, 'Asia/Tokyo');
  });

  it('ends with one line and the code for a bad configuration where a file of the volume is truncated', async () => {
    await using tzdata = await makeDirectory(makeFiles());
    await truncate(join(tzdata.path, 'zoneinfo64.res'), 1000);
    await chmod(tzdata.path, 0o755);
    const volume = [`--volume=${tzdata.path}:/tzdata:ro`, '--env=TZDATA_DIRECTORY=/tzdata'];
    await assert.rejects(docker('run', '--rm', ...volume, IMAGE), (error: { code: number; stderr: string }) => {
      assert.match(error.stderr, /^TZDATA_DIRECTORY: expected zoneinfo64\.res with SHA-256 .*\n$/);
      assert.equal(error.code, EXIT_CODE_CONFIG);
      return true;
    });
  });
});
