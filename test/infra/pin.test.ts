import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { RELEASED_IMAGE } from '../../infra/environments.ts';
import { pinImage } from '../../infra/pin.ts';

const TABLE = readFileSync(join(import.meta.dirname, '../../infra/environments.ts'), 'utf8');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('pinning an image', () => {
  for (const image of [
    'ghcr.io/team/time-service:1.2.3',
    'localhost:5000/time-service:0a1b2c',
    `images.example.org/time-service@${DIGEST}`,
    `images.example.org/a/b/time-service:1.2.3@${DIGEST}`,
  ]) {
    it(`changes the one line of the table to ${image}`, () => {
      const pinned = pinImage(TABLE, image).split('\n');
      const changed = TABLE.split('\n').flatMap((line, index) =>
        line === pinned[index] ? [] : [[line, pinned[index]]],
      );
      assert.deepEqual(changed, [
        [`export const RELEASED_IMAGE = '${RELEASED_IMAGE}';`, `export const RELEASED_IMAGE = '${image}';`],
      ]);
    });
  }

  for (const image of [
    '',
    'time-service:1.2.3',
    'ghcr.io/team/time-service',
    'ghcr.io/team/time-service:latest',
    'ghcr.io/team/time-service@sha256:short',
    "ghcr.io/team/time-service:1'; evil()",
  ]) {
    it(`refuses "${image}", which is no pushed release`, () => {
      assert.throws(() => pinImage(TABLE, image), { name: 'Advice', message: /^Expected IMAGE=registry\/name:tag/ });
    });
  }
});
