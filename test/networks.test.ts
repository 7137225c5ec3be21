import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';

import { findClientAddress, parseNetworks } from '../app/networks.ts';
import { ExpectationError } from '../app/zones/expectation.ts';

const request = (remoteAddress: string | undefined, headers: Record<string, string>): IncomingMessage =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

describe('the address of a caller', () => {
  const proxies = parseNetworks('10.0.0.0/8, fd00::/8,192.0.2.7');

  for (const [remote, headers, address, why] of [
    ['203.0.113.9', {}, '203.0.113.9', 'nobody in between'],
    ['::ffff:203.0.113.9', {}, '203.0.113.9', 'IPv4 over an IPv6 socket'],
    ['fe80::1%eth0', {}, 'fe80::1', 'a link-local address without the name of its link'],
    ['203.0.113.9', { 'x-forwarded-for': '198.51.100.1' }, '203.0.113.9', 'the header of a stranger'],
    ['203.0.113.9', { forwarded: 'for=198.51.100.1' }, '203.0.113.9', 'the header of a stranger'],
    ['10.1.2.3', {}, '10.1.2.3', 'a proxy that names nobody'],
    ['10.1.2.3', { 'x-forwarded-for': '198.51.100.1' }, '198.51.100.1', 'a trusted proxy'],
    ['::ffff:10.1.2.3', { 'x-forwarded-for': '198.51.100.1' }, '198.51.100.1', 'a trusted proxy over an IPv6 socket'],
    ['fd00::5', { 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1', 'a trusted proxy with IPv6'],
    ['192.0.2.7', { 'x-forwarded-for': '198.51.100.1' }, '198.51.100.1', 'a proxy trusted by its address alone'],
    ['192.0.2.8', { 'x-forwarded-for': '198.51.100.1' }, '192.0.2.8', 'its neighbour, which is not'],
    ['10.1.2.3', { 'x-forwarded-for': '1.1.1.1, 198.51.100.1' }, '198.51.100.1', 'what the caller wrote himself'],
    ['10.1.2.3', { 'x-forwarded-for': '198.51.100.1, 10.9.9.9' }, '198.51.100.1', 'two trusted proxies'],
    ['10.1.2.3', { 'x-forwarded-for': '10.9.9.9' }, '10.9.9.9', 'a caller within the trusted network'],
    ['10.1.2.3', { 'x-forwarded-for': '198.51.100.1:4711' }, '198.51.100.1', 'an address with its port'],
    ['10.1.2.3', { 'x-forwarded-for': 'unknown' }, '10.1.2.3', 'a caller that is not to be known'],
    [
      '10.1.2.3',
      { 'x-forwarded-for': '198.51.100.1, nonsense' },
      '10.1.2.3',
      'nothing beyond a hop that is no address',
    ],
    ['10.1.2.3', { forwarded: 'for=198.51.100.1;proto=https;by=10.1.2.3' }, '198.51.100.1', 'RFC 7239'],
    [
      '10.1.2.3',
      { forwarded: 'proto=https; For="[2001:db8::1]:4711"' },
      '2001:db8::1',
      'RFC 7239, quoted, with a port',
    ],
    ['10.1.2.3', { forwarded: 'for=1.1.1.1, for=198.51.100.1, for=10.9.9.9' }, '198.51.100.1', 'several hops'],
    ['10.1.2.3', { forwarded: 'for=_hidden' }, '10.1.2.3', 'an obfuscated hop'],
    ['10.1.2.3', { forwarded: 'proto=https' }, '10.1.2.3', 'an element that names nobody'],
    [
      '10.1.2.3',
      { forwarded: 'for=198.51.100.1', 'x-forwarded-for': '198.51.100.1' },
      '198.51.100.1',
      'both headers, of one mind',
    ],
    [
      '10.1.2.3',
      { forwarded: 'for=1.1.1.1', 'x-forwarded-for': '198.51.100.1' },
      '10.1.2.3',
      'two headers, of which the caller wrote one',
    ],
    [undefined, {}, '', 'a connection that is gone'],
  ] as const) {
    it(`is ${address || 'empty'} from ${remote} with ${JSON.stringify(headers)}: ${why}`, () => {
      assert.equal(findClientAddress(request(remote, headers), proxies), address);
    });
  }

  it('is that of the connection where no proxy is trusted', () => {
    assert.equal(findClientAddress(request('10.1.2.3', { 'x-forwarded-for': '198.51.100.1' }), undefined), '10.1.2.3');
  });
});

describe('networks', () => {
  for (const text of [
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'localhost',
    '1.1.1.1,,',
  ]) {
    it(`are not ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseNetworks(text), ExpectationError);
    });
  }
});
