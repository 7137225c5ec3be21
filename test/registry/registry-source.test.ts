import assert from 'node:assert/strict';

import { parseConfig } from '../../app/config.ts';
import { parseRegistryPlace } from '../../app/registry/registry-source.ts';
import { ExpectationError } from '../../app/zones/expectation.ts';

describe('a registry', () => {
  const good: [string, string, string][] = [
    ['consul:http://consul:8500', 'consul', 'http://consul:8500'],
    ['consul:https://consul.example/', 'consul', 'https://consul.example'],
    ['eureka:http://[::1]:8761/eureka/', 'eureka', 'http://[::1]:8761/eureka'],
  ];
  for (const [text, kind, url] of good) {
    it(`is read from ${text}`, () => assert.deepEqual(parseRegistryPlace(text), { kind, url }));
  }

  const bad = [
    'http://consul:8500',
    'consul',
    'consul:consul:8500',
    'etcd:http://etcd:2379',
    'consul:ftp://consul',
    'consul:http://',
    'consul:http://consul:99999',
    'consul:http://consul:8500/?token=x',
    'eureka:http://user:secret@eureka:8761/eureka',
    'eureka:http://user@eureka:8761/eureka',
  ];
  for (const text of bad) {
    it(`refuses ${text}`, () => assert.throws(() => parseRegistryPlace(text), ExpectationError));
  }

  it('keeps the password of a URL out of what is said of a bad environment', () => {
    assert.throws(
      () => parseConfig({ REGISTRY: 'eureka:http://user:secret@eureka:8761/eureka' }),
      ({ message }: Error) => message.includes('got "eureka:http://…@eureka:8761/eureka"'),
    );
  });

  it('is needed where peers are to be found in it', () => {
    assert.throws(() => parseConfig({ PEERS: 'registry' }), /PEERS: expected REGISTRY to be set too, got "registry"/);
    assert.deepEqual(parseConfig({ PEERS: 'registry', REGISTRY: 'consul:http://consul:8500' }).peers, {
      kind: 'registry',
    });
  });
});
