import assert from 'node:assert/strict';

import { ConfigError, parseConfig } from '../app/config.ts';

describe('the configuration', () => {
  it('has a default for everything', () => {
    const config = parseConfig({});
    assert.equal(config.port, 8080);
    assert.equal(config.adminPort, 8081);
    assert.equal(config.defaultZone.id, 'UTC');
  });

  it('takes an empty variable for one that is not set', () => {
    assert.equal(parseConfig({ PORT: '' }).port, 8080);
  });

  it('reads a list of NTP servers', () => {
    const names = parseConfig({ NTP_SERVERS: 'a.example, [::1]:124,' }).ntpServers.map(({ name }) => name);
    assert.deepEqual(names, ['a.example', '[::1]:124']);
    for (const bad of ['a,a', 'a,b c', Array.from({ length: 17 }, (_, index) => `s${index}`).join()]) {
      assert.throws(
        () => parseConfig({ NTP_SERVERS: bad }),
        /NTP_SERVERS: expected (an|at most 16 different) NTP server/,
      );
    }
  });

  it('ignores the variables of others', () => {
    assert.doesNotThrow(() => parseConfig({ PATH: '/bin', KUBERNETES_PORT: 'tcp://10.0.0.1:443' }));
  });

  it('refuses a drain that would be cut off before idle connections have ended', () => {
    assert.doesNotThrow(() => parseConfig({ KEEP_ALIVE_TIMEOUT_MS: '18999' }));
    assert.throws(
      () => parseConfig({ KEEP_ALIVE_TIMEOUT_MS: '19000' }),
      /\n {2}DRAIN_TIMEOUT_MS: expected more than 1000 ms above KEEP_ALIVE_TIMEOUT_MS, got its default$/,
    );
    assert.throws(
      () => parseConfig({ DRAIN_TIMEOUT_MS: '6000', PEERS: 'registry' }),
      /\n {2}PEERS: expected REGISTRY to be set too, .*\n {2}DRAIN_TIMEOUT_MS: expected .*, got "6000"$/,
    );
  });

  it('lists every bad variable with what was expected and what came', () => {
    assert.throws(
      () => parseConfig({ PORT: '99999', DEFAULT_ZONE: 'Mars', LOG_LEVEL: 'loud', DRAIN_TIMEOUT_MS: '1e3' }),
      (error) => {
        assert.ok(error instanceof ConfigError);
        assert.deepEqual(error.message.split('\n'), [
          'The environment is not usable:',
          '  PORT: expected a whole number from 0 to 65535, got "99999"',
          '  DEFAULT_ZONE: expected an IANA zone such as Europe/Paris, or a fixed offset such as +05:30, got "Mars"',
          '  LOG_LEVEL: expected one of debug, info, warn, error, silent, got "loud"',
          '  DRAIN_TIMEOUT_MS: expected a whole number from 1 to 600000, got "1e3"',
        ]);
        return true;
      },
    );
  });
});
