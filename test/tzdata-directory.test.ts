import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { startService } from './service-process.ts';
import { makeDirectory, makeFiles, RELEASE } from './tzdata-fixture.ts';
import { ConfigError, EXIT_CODE_CONFIG } from '../app/config.ts';
import { MANIFEST_FILE, verifyTzdata } from '../app/tzdata-directory.ts';
import { TABLE_FILE } from '../app/zones/tz-table.ts';

describe('a directory of newer tz data', () => {
  const files = makeFiles();

  it('is what the service reads its zones from, and says so everywhere', async function () {
    this.timeout(60_000);
    await using directory = await makeDirectory(files);
    await using service = await startService({ TZDATA_DIRECTORY: directory.path });
    const get = async (port: number, path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
    const zone = (await get(service.httpPort, '/v1/zones/Europe/Amsterdam')) as Record<string, unknown>;
    assert.equal(zone['tzdb'], RELEASE);
    const algiers = (await get(service.httpPort, '/v1/zones/Africa/Algiers')) as Record<string, unknown>;
    assert.equal(algiers['posixTz'], 'CET-1');
    assert.equal(((await get(service.adminPort, '/version')) as Record<string, unknown>)['tzdb'], RELEASE);
    const answer = await fetch(`http://127.0.0.1:${service.httpPort}/api/ip`);
    assert.equal(answer.headers.get('tzdb-version'), RELEASE);
    const metrics = await (await fetch(`http://127.0.0.1:${service.adminPort}/metrics`)).text();
    assert.match(metrics, new RegExp(`^time_service_tzdb_info\\{version="${RELEASE}"\\} 1$`, 'm'));
    assert.equal((await fetch(`http://127.0.0.1:${service.adminPort}/readyz`)).status, 200);
  });

  it('is of one release when it is whole', async () => {
    await using directory = await makeDirectory(files);
    assert.equal(verifyTzdata(directory.path), RELEASE);
  });

  for (const [what, spoil, message] of [
    [
      'a truncated file',
      (path: string) => truncate(join(path, 'zoneinfo64.res'), 1000),
      /zoneinfo64\.res with SHA-256/,
    ],
    ['a file of garbage', (path: string) => writeFile(join(path, 'metaZones.res'), 'x'), /metaZones\.res with SHA-256/],
    ['a changed table', (path: string) => writeFile(join(path, TABLE_FILE), '{}'), /tz-table\.json with SHA-256/],
    ['no table', (path: string) => rm(join(path, TABLE_FILE)), /expected a file tz-table\.json in/],
    ['no manifest', (path: string) => rm(join(path, MANIFEST_FILE)), /expected a file manifest\.json in/],
    [
      'a bad manifest',
      (path: string) => writeFile(join(path, MANIFEST_FILE), 'null'),
      /expected a manifest with release/,
    ],
    [
      'a broken manifest',
      (path: string) => writeFile(join(path, MANIFEST_FILE), '{'),
      /expected a manifest with release/,
    ],
  ] as const) {
    it(`is refused with ${what}`, async () => {
      await using directory = await makeDirectory(files);
      await spoil(directory.path);
      assert.throws(
        () => verifyTzdata(directory.path),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }

  it('is refused with a table of another release than its manifest', async () => {
    const table = readFileSync('app/zones/tz-table.json');
    await using directory = await makeDirectory(new Map(files).set(TABLE_FILE, table));
    assert.throws(() => verifyTzdata(directory.path), /expected a table of release 2026z, got one of/);
  });

  for (const [what, change, message] of [
    ['is missing', undefined, /^TZDATA_DIRECTORY: expected a directory with a manifest\.json, got \/nowhere\n$/],
    // The checksums are right, and ICU still does not find a release in it: only a process that uses it can tell.
    ['ICU cannot read', Buffer.from('no resource'), /^TZDATA_DIRECTORY: expected ICU to read release 2026z from .*\n$/],
  ] as const) {
    it(`ends the start with one line where it ${what}`, async function () {
      this.timeout(60_000);
      await using directory = await makeDirectory(change ? new Map(files).set('zoneinfo64.res', change) : files);
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'app/main.ts'], {
        env: { PATH: process.env['PATH'], TZDATA_DIRECTORY: change ? directory.path : '/nowhere' },
        stdio: ['ignore', 'inherit', 'pipe'],
      });
      const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
      assert.match(stderr, message);
      assert.equal(code, EXIT_CODE_CONFIG);
    });
  }
});
