import assert from 'node:assert/strict';

import { BoundedCache } from '../../app/zones/bounded-cache.ts';

describe('a bounded cache', () => {
  it('forgets what was used longest ago, and keeps what is in use', () => {
    const cache = new BoundedCache<number, string>(4);
    cache.set(0, 'kept');
    for (let key = 1; key <= 100; key++) {
      cache.set(key, 'new');
      assert.equal(cache.get(0), 'kept');
    }
    const held = Array.from({ length: 101 }, (_, key) => cache.get(key)).filter((value) => value !== undefined);
    assert.ok(held.length <= 4, `${held.length} entries are held`);
  });
});
