import assert from 'node:assert/strict';

import { openService, type TestService } from './service.ts';

interface Moment {
  instant: string;
  local: string;
}
interface Conversion extends Moment {
  occurrence: string;
  earlier?: Moment;
  later?: Moment;
  to: Moment[];
}

describe('conversion and arithmetic over HTTP', () => {
  let service: TestService;
  before(async () => {
    service = await openService();
  });
  after(() => service[Symbol.asyncDispose]());

  const get = async <Body>(path: string) => {
    const response = await fetch(service.url + path);
    assert.equal(response.status, 200, path);
    return (await response.json()) as Body;
  };

  it('converts a local time that exists once', async () => {
    const conversion = await get<Conversion>(
      '/v1/convert?time=2026-07-01T12:00&from=Europe/Paris&to=Asia/Tokyo&to=UTC',
    );
    assert.equal(conversion.occurrence, 'unique');
    assert.equal(conversion.earlier, undefined);
    assert.deepEqual(
      conversion.to.map(({ local }) => local),
      ['2026-07-01T19:00:00.000000+09:00[Asia/Tokyo]', '2026-07-01T10:00:00.000000+00:00[UTC]'],
    );
  });

  for (const [disambiguation, gap, overlap] of [
    ['compatible', '01:30:00', '00:30:00'],
    ['earlier', '00:30:00', '00:30:00'],
    ['later', '01:30:00', '01:30:00'],
  ] as const) {
    it(`takes the reading that ${disambiguation} means, in a gap and in an overlap`, async () => {
      const ask = (day: string) =>
        get<Conversion>(`/v1/convert?time=${day}T02:30&from=Europe/Paris&to=UTC&disambiguation=${disambiguation}`);
      const inGap = await ask('2026-03-29');
      assert.equal(inGap.occurrence, 'gap');
      assert.equal(inGap.instant, `2026-03-29T${gap}.000000Z`);
      const inOverlap = await ask('2026-10-25');
      assert.equal(inOverlap.occurrence, 'overlap');
      assert.equal(inOverlap.instant, `2026-10-25T${overlap}.000000Z`);
      assert.equal(inOverlap.earlier?.local, '2026-10-25T02:30:00.000000+02:00[Europe/Paris]');
      assert.equal(inOverlap.later?.local, '2026-10-25T02:30:00.000000+01:00[Europe/Paris]');
    });
  }

  it('refuses a local time in a gap when asked to, and says why', async () => {
    const response = await fetch(
      `${service.url}/v1/convert?time=2026-03-29T02:30&from=Europe/Paris&disambiguation=reject`,
    );
    assert.equal(response.status, 400);
    assert.match(await response.text(), /Europe\/Paris has exactly once.*falls in a gap/);
  });

  it('takes a time with an offset for the instant it is', async () => {
    const { instant, occurrence } = await get<Conversion>(
      '/v1/convert?time=2026-10-25T02:30%2B01:00&from=Europe/Paris&to=UTC',
    );
    assert.deepEqual({ instant, occurrence }, { instant: '2026-10-25T01:30:00.000000Z', occurrence: 'unique' });
  });

  it('adds a month on the calendar and a day on the clocks of the zone', async () => {
    const month = await get<{ end: Moment }>('/v1/add?time=2026-01-31&duration=P1M');
    assert.equal(month.end.instant, '2026-02-28T00:00:00.000000Z');
    const day = await get<{ end: Moment }>('/v1/add?time=2026-03-28T12:00&zone=Europe/Paris&duration=P1D');
    assert.equal(day.end.local, '2026-03-29T12:00:00.000000+02:00[Europe/Paris]');
    const hours = await get<{ end: Moment }>('/v1/add?time=2026-03-28T12:00&zone=Europe/Paris&duration=PT24H');
    assert.equal(hours.end.local, '2026-03-29T13:00:00.000000+02:00[Europe/Paris]');
  });

  it('measures a day of 23 hours as one day', async () => {
    const path = '/v1/between?from=2026-03-29&to=2026-03-30&zone=Europe/Paris';
    const days = await get<{ duration: string; total: number }>(`${path}&unit=days`);
    assert.deepEqual({ duration: days.duration, total: days.total }, { duration: 'P1D', total: 1 });
    const hours = await get<{ duration: string; total: number }>(`${path}&unit=hours`);
    assert.deepEqual({ duration: hours.duration, total: hours.total }, { duration: 'PT23H', total: 23 });
  });

  it('wants a zone for units whose length depends on it', async () => {
    const response = await fetch(`${service.url}/v1/between?from=2026-01-01&to=2026-02-01&unit=months`);
    assert.equal(response.status, 400);
    assert.match(await response.text(), /zone: Expected a zone, got nothing; how long months are depends on it/);
  });
});
