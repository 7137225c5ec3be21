/**
 * During a rollout one client meets both versions in turn, and must not notice. The old version is the one before the last
 * change of the service. The new one is given another default zone, so that an answer tells which version it is from.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { CLUSTER_NAME, makeOrThrow, say, SERVICE_URL, waitForPods, WORK_FOLDER } from './cluster.ts';
import { checkoutWithVariables } from './other-checkout.ts';
import { startServiceLoad } from './service-load.ts';
import { capture } from '../../infra/cluster/command.ts';
import { loadImage } from '../../infra/cluster/kind.ts';

const OLD_ZONE = 'UTC';
const NEW_ZONE = 'Asia/Kolkata';
const OLD_IMAGE = 'time-service:before';
const RATE = 300;

/** What a client of v1 may count on in `GET /v1/time`. */
const READING = {
  instant: /^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"$/,
  unixMs: /^\d{13}$/,
  earliest: /^null$|Z"$/,
  latest: /^null$|Z"$/,
  tzdb: /^"\d{4}[a-z]"$/,
  clock: /"state":"(?:synchronized|free-running|unsynchronized|unknown)"/,
  zones: /"zone":"[^"]+","local":"[^"]+\[[^"]+\]","offset":"[+-]\d\d:\d\d"/,
};
const LINE = /^Current time: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

describe('the old and the new version side by side', () => {
  before(async function () {
    const commits = execFileSync('git', ['log', '-2', '--format=%H', '--', 'app'], { encoding: 'utf8' }).trim();
    const old = commits.split('\n')[1];
    if (old === undefined) throw new Error('Expected the history of app/ to have a version before this one');
    const folder = join(WORK_FOLDER, 'before');
    mkdirSync(folder, { recursive: true });
    const archive = join(WORK_FOLDER, 'before.tar');
    await capture('git', ['archive', '--output', archive, old]);
    await capture('tar', ['--extract', '--directory', folder, '--file', archive]);
    await capture('docker', ['build', '--quiet', '--tag', OLD_IMAGE, folder]);
    await loadImage(CLUSTER_NAME, OLD_IMAGE);
    await makeOrThrow('deploy', { image: OLD_IMAGE });
    await waitForPods();
  });

  after(() => makeOrThrow('deploy'));

  it('give one client valid answers for a whole rollout', async () => {
    const folder = await checkoutWithVariables('new-version', { DEFAULT_ZONE: NEW_ZONE });
    await using load = await startServiceLoad(RATE);
    let isOver = false;
    const rollout = makeOrThrow('deploy', { folder })
      .then(waitForPods)
      .finally(() => (isOver = true));
    const answers = await askUntil(() => isOver);
    await rollout;
    await load.expectNoFailure();
    for (const { line, reading } of answers) {
      assert.match(line, LINE);
      const fields = JSON.parse(reading) as Record<string, unknown>;
      for (const [field, shape] of Object.entries(READING)) assert.match(JSON.stringify(fields[field]), shape, field);
    }
    const zones = answers.map(({ reading }) => (JSON.parse(reading) as { zones: [{ zone: string }] }).zones[0].zone);
    const firstNew = zones.indexOf(NEW_ZONE);
    const lastOld = zones.lastIndexOf(OLD_ZONE);
    say(`${zones.length} answers; new ones from ${firstNew}, old ones until ${lastOld}`);
    assert.equal(zones[0], OLD_ZONE);
    assert.equal(zones.at(-1), NEW_ZONE);
    assert.ok(firstNew < lastOld, 'both versions answered in turn');
  });
});

/** Asks again and again, on a new connection each time. */
async function askUntil(isOver: () => boolean): Promise<{ line: string; reading: string }[]> {
  const answers = [];
  while (!isOver()) answers.push({ line: await ask('/time'), reading: await ask('/v1/time') });
  return answers;
}

/** The body of an answer, or what came in its place. */
async function ask(path: string): Promise<string> {
  try {
    const answer = await fetch(SERVICE_URL + path, { headers: { Connection: 'close' } });
    return answer.ok ? await answer.text() : `status ${answer.status}`;
  } catch (error) {
    return String(error);
  }
}
