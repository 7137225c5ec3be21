import assert from 'node:assert/strict';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeDatabase } from './maxmind-database.ts';
import { startService } from './service-process.ts';
import { ConfigError } from '../app/config.ts';
import { openGeoip } from '../app/geoip.ts';

const DATABASE = writeDatabase({
  '192.0.2.0/24': { location: { time_zone: 'Asia/Tokyo' } },
  '198.51.100.0/25': { location: { time_zone: 'America/New_York' } },
  '198.51.100.128/25': { location: { time_zone: 'Moon/Tycho' } },
  '203.0.113.0/24': { country: { iso_code: 'CH' } },
});

describe('the zone of an address', () => {
  const openHere = async (content: string | Buffer) => {
    const directory = await mkdtempDisposable(join(tmpdir(), 'geoip-'));
    const path = join(directory.path, 'city.mmdb');
    await writeFile(path, content);
    return { path, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
  };

  for (const [address, zone, why] of [
    ['192.0.2.200', 'Asia/Tokyo', 'placed'],
    ['198.51.100.1', 'America/New_York', 'placed, the lower half of a network'],
    ['198.51.100.129', undefined, 'a zone that the tz database does not have'],
    ['203.0.113.1', undefined, 'a country and no zone'],
    ['10.0.0.1', undefined, 'not in the database'],
    ['2001:db8::1', undefined, 'IPv6, which this database has not'],
    ['c000:2c8::1', undefined, 'IPv6 that begins as an IPv4 address that is placed, 192.0.2.200'],
  ] as const) {
    it(`of ${address} is ${zone ?? 'none'}: ${why}`, async () => {
      await using file = await openHere(DATABASE);
      const zoneOf = await openGeoip(file.path);
      assert.equal(zoneOf(address)?.id, zone);
    });
  }

  it('is not looked for in a file that is no such database', async () => {
    await using file = await openHere('not a database');
    await assert.rejects(openGeoip(file.path), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^GEOIP_DATABASE: expected a database in MaxMind's format, got .*city\.mmdb: /);
      return true;
    });
    await assert.rejects(openGeoip('/nowhere.mmdb'), ConfigError);
  });

  it('is that of the caller behind a trusted proxy, whom the log does not name', async () => {
    await using file = await openHere(DATABASE);
    await using service = await startService({
      GEOIP_DATABASE: file.path,
      TRUSTED_PROXIES: '127.0.0.0/8',
      DEFAULT_ZONE: 'Europe/Zurich',
      LOG_LEVEL: 'debug',
    });
    const ask = async (path: string, headers: Record<string, string>) => {
      const response = await fetch(`http://127.0.0.1:${service.httpPort}${path}`, { headers });
      const { timezone, client_ip } = (await response.json()) as { timezone: string; client_ip: string };
      return [timezone, client_ip];
    };
    assert.deepEqual(await ask('/api/ip', { 'x-forwarded-for': '192.0.2.44' }), ['Asia/Tokyo', '192.0.2.44']);
    assert.deepEqual(await ask('/api/ip', { forwarded: 'for=198.51.100.7' }), ['America/New_York', '198.51.100.7']);
    assert.deepEqual(await ask('/api/ip', {}), ['Europe/Zurich', '127.0.0.1']);
    assert.deepEqual(await ask('/api/ip/192.0.2.1', {}), ['Asia/Tokyo', '127.0.0.1']);
    const log = service.logLines.join('\n');
    assert.match(log, /"route":"\/api\/ip"/);
    assert.doesNotMatch(log, /192\.0\.2\.44|198\.51\.100\.7/);
  });
});
