/**
 * How real clients of worldtimeapi.org read its answers, each rebuilt from what its source does, on a real socket: a
 * microcontroller does not parse JSON, it looks for bytes. Who they are is in the name of each test.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

import { NOW, openService, type TestService } from './service.ts';
import { needTool } from '../outside-tool.ts';

const NOW_S = Math.floor(Date.parse(NOW) / 1000);

describe('clients of WorldTimeAPI', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const getJson = async (path: string) =>
    (await (await fetch(`${service.url}${path}`)).json()) as Record<string, string | number | boolean | null>;

  /** The bytes of an answer as a device gets them, header and body. */
  const getBytes = async (path: string) => {
    const socket = connect(service.server.port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    const [header = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    return { header, body };
  };

  it('radekBednarik/worldtimeapi-lib asks for lists with a slash at the end, and for their members', async () => {
    const zones = (await getJson('/api/timezone/')) as unknown as string[];
    assert.ok(zones.includes('Europe/Prague'));
    const [area, location] = 'Europe/Prague'.split('/');
    assert.ok(((await getJson(`/api/timezone/${area}/`)) as unknown as string[]).includes('Europe/Prague'));
    assert.equal((await getJson(`/api/timezone/${area}/${location}`))['timezone'], 'Europe/Prague');
  });

  it('Dulatr/WorldTimeAPI passes the object as keyword arguments, and fails on a key too many or too few', async () => {
    const parameters = [
      'abbreviation',
      'client_ip',
      'datetime',
      'day_of_week',
      'day_of_year',
      'dst',
      'dst_from',
      'dst_offset',
      'dst_until',
      'raw_offset',
      'timezone',
      'unixtime',
      'utc_datetime',
      'utc_offset',
      'week_number',
    ];
    assert.deepEqual(Object.keys(await getJson('/api/timezone/Europe/Paris')).toSorted(), parameters);
    assert.deepEqual(Object.keys(await getJson('/api/ip')).toSorted(), parameters);
  });

  it('martial-plains/worldtimeapi-rs deserializes a struct whose types are fixed', async () => {
    const types = Object.fromEntries(
      Object.entries(await getJson('/api/timezone/Europe/Dublin')).map(([key, value]) => [key, typeof value]),
    );
    const [word, number] = ['string', 'number'];
    assert.deepEqual(types, {
      abbreviation: word,
      client_ip: word,
      datetime: word,
      day_of_week: number,
      day_of_year: number,
      dst: 'boolean',
      dst_from: word,
      dst_offset: number,
      dst_until: word,
      raw_offset: number,
      timezone: word,
      unixtime: number,
      utc_datetime: word,
      utc_offset: word,
      week_number: number,
    });
  });

  it('raphasampaio/WorldTimeAPI.jl takes the first nineteen characters of the datetime for a DateTime', async () => {
    const { datetime } = await getJson('/api/timezone/America/Sao_Paulo');
    const wallTime = String(datetime).slice(0, 19);
    assert.equal(Temporal.PlainDateTime.from(wallTime).toString(), wallTime);
    assert.equal(wallTime, '2026-11-24T00:05:54');
  });

  it('Adafruit’s esp32spi_localtime splits the datetime at the T, the point and the colons', async () => {
    const { datetime, day_of_week, day_of_year, dst } = await getJson('/api/ip');
    const [date = '', time = ''] = String(datetime).split('T');
    const [clock = '', fraction = ''] = time.split('.');
    assert.deepEqual(date.split('-').map(Number), [2026, 11, 24]);
    assert.deepEqual(clock.split(':').map(Number), [3, 5, 54]);
    assert.equal(fraction, '123456+00:00');
    assert.deepEqual([day_of_week, day_of_year, dst], [2, 328, false]);
  });

  it('codewitch-honey-crisis/worldtime_clock finds digits right behind "unixtime":', async () => {
    const { body } = await getBytes('/api/timezone/America/New_York');
    const needle = '"unixtime":';
    const at = body.indexOf(needle) + needle.length;
    let seconds = 0;
    for (let index = at; /\d/.test(body.charAt(index)); index++) seconds = seconds * 10 + Number(body.charAt(index));
    assert.equal(seconds, NOW_S);
  });

  it('project802/led-sectional reads the whole body into 1024 bytes, and atoi takes the hours of utc_offset', async () => {
    const zones = ['America/Argentina/ComodRivadavia', 'America/North_Dakota/New_Salem', 'Europe/Dublin'];
    const bodies = await Promise.all(zones.map((zone) => getBytes(`/api/timezone/${zone}`)));
    for (const { header, body } of bodies) {
      assert.match(header, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(header, new RegExp(`\r\nContent-Length: ${body.length}(\r\n|$)`));
      assert.doesNotMatch(header, /Transfer-Encoding/i);
      assert.ok(header.length + body.length < 1024, `${header.length + body.length} bytes`);
    }
    assert.deepEqual(
      bodies.map(({ body }) => parseInt(/"utc_offset":"([^"]*)"/.exec(body)?.[1] ?? '', 10)),
      [-3, -6, 0],
    );
  });

  it('EmbUI adds raw_offset and dst_offset, and schedules a look-up where dst_from is not null', async () => {
    const local = async (zone: string) => {
      const { raw_offset, dst_offset, dst_from, dst_until, unixtime } = await getJson(`/api/timezone/${zone}`);
      return {
        localS: Number(unixtime) + Number(raw_offset) + Number(dst_offset) - NOW_S,
        // A device of this kind cuts `2027-03-28T01:00:00+00:00` after the seconds.
        change: dst_from === null ? null : String(dst_until).slice(0, 19),
      };
    };
    assert.deepEqual(await local('Europe/Moscow'), { localS: 10_800, change: null });
    assert.deepEqual(await local('Europe/Dublin'), { localS: 0, change: '2027-03-28T01:00:00' });
    assert.deepEqual(await local('Australia/Sydney'), { localS: 39_600, change: '2027-04-03T16:00:00' });
  });

  it('EmbUI’s older variant takes a body under fifty characters for an error', async () => {
    assert.ok((await getBytes('/api/timezone/Mars/Olympus')).body.length < 50);
    assert.ok((await getBytes('/api/timezone/UTC')).body.length >= 50);
  });

  for (const [script, output] of [
    ["grep -o 'utc_datetime: [^.]*'", 'utc_datetime: 2026-11-24T03:05:54'],
    ["sed -n 's/^unixtime: //p'", String(NOW_S)],
    ["awk '/^datetime/{print $2}'", '2026-11-24T03:05:54.123456+00:00'],
  ] as const) {
    it(`shell users ask curl for text and then ${script}`, async function () {
      needTool(this, 'curl', 'install curl');
      const { stdout } = await promisify(execFile)('sh', ['-c', `curl -s "$URL" | ${script}`], {
        env: { PATH: process.env['PATH'], URL: `${service.url}/api/ip.txt` },
      });
      assert.equal(stdout, `${output}\n`);
    });
  }
});
