import assert from 'node:assert/strict';

import { parsePeerSource, type PeerSource } from '../../app/peers/peer-source.ts';
import { ExpectationError } from '../../app/zones/expectation.ts';

describe('where peers are found', () => {
  const cases: [string, PeerSource][] = [
    ['', { kind: 'list', hosts: [] }],
    ['a.example:50051', { kind: 'list', hosts: [{ host: 'a.example', port: 50_051 }] }],
    [
      '192.0.2.1:1, [2001:db8::1]:65535',
      {
        kind: 'list',
        hosts: [
          { host: '192.0.2.1', port: 1 },
          { host: '2001:db8::1', port: 65_535 },
        ],
      },
    ],
    ['dns:tasks.time:50051', { kind: 'dns', host: 'tasks.time', port: 50_051 }],
    ['kubernetes:time-service-headless', { kind: 'kubernetes', service: 'time-service-headless' }],
  ];
  for (const [text, source] of cases) {
    it(`is read from ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parsePeerSource(text), source);
    });
  }

  const bad = [
    'a',
    'a:',
    ':1',
    'a:0',
    'a:65536',
    'a:1,',
    'a:1,,b:1',
    '2001:db8::1:50051',
    'dns:a',
    'dns:53',
    'dns:a:1,b:1',
    'http://a:1',
    'kubernetes:',
    'kubernetes:A',
    'kubernetes:a/b',
    'a b:1',
  ];
  for (const text of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parsePeerSource(text), ExpectationError);
    });
  }
});
