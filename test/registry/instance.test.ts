import assert from 'node:assert/strict';

import { describeInstance, findOwnAddress, findPlace, nameInstance } from '../../app/registry/instance.ts';

/** As Docker mounts it, with the rest of the line as it was. */
const mountsOf = (container: string) =>
  [
    '611 540 0:58 / / rw,relatime master:1 - overlay overlay rw',
    `640 611 254:0 /var/lib/docker/containers/${container}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/vda rw`,
    `641 611 254:0 /var/lib/docker/containers/${container}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw`,
  ].join('\n');

describe('the id of an instance', () => {
  const idOf = (mounts: string, { machine = '', host = 'clock', port = 8080 } = {}) =>
    nameInstance(host, findPlace(mounts, machine), port);

  it('is the same after a restart of the container', () => {
    assert.equal(idOf(mountsOf('a1')), idOf(mountsOf('a1')));
    assert.match(idOf(mountsOf('a1')), /^time-service-clock-[\da-f]{12}$/);
  });

  it('differs between containers of one host name, and so it does on machines whose names and ids are cloned', () => {
    assert.notEqual(idOf(mountsOf('a1')), idOf(mountsOf('b2')));
    assert.notEqual(idOf(mountsOf('a1'), { machine: 'm' }), idOf(mountsOf('b2'), { machine: 'm' }));
  });

  it('outside of a container is that of the machine, the name and the port', () => {
    const own = idOf('', { machine: 'm\n' });
    assert.equal(own, idOf('', { machine: 'm' }));
    assert.notEqual(own, idOf('', { machine: 'n' }));
    assert.notEqual(own, idOf('', { machine: 'm', host: 'other' }));
    assert.notEqual(own, idOf('', { machine: 'm', port: 8081 }));
  });

  it('has nothing in it that a URL or a name in DNS could not have', () => {
    assert.match(idOf('', { host: 'Clock_1.example.org' }), /^time-service-clock-1-example-org-[\da-f]{12}$/);
  });

  it('is found on this machine', () => {
    const facts = { http: 1, grpc: 2, admin: 3, version: '1', zone: 'UTC' };
    assert.deepEqual(describeInstance(facts), describeInstance(facts));
  });
});

describe('the address of an instance', () => {
  it('is what it listens on where that is one, and otherwise that of the way to the registry', async () => {
    assert.equal(await findOwnAddress('http://127.0.0.1:8500', '192.0.2.1'), '192.0.2.1');
    assert.equal(await findOwnAddress('http://127.0.0.1:8500', '::'), '127.0.0.1');
    assert.equal(await findOwnAddress('https://127.0.0.1', '0.0.0.0'), '127.0.0.1');
  });

  it('is not known while the registry’s name does not resolve', () =>
    assert.rejects(findOwnAddress('http://registry.invalid:8500', '::'), /ENOTFOUND|EAI_AGAIN/));
});
