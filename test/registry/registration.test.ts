import assert from 'node:assert/strict';

import { Registration, type Registry } from '../../app/registry/registration.ts';
import { RegistryError } from '../../app/registry/registry-client.ts';

const answer = (status: number) => new RegistryError({ method: 'PUT', path: '/', deadlineMs: 1 }, status, '');

/** A registry that writes down what it is told, and an instance whose time passes in no time, to a given end. */
class Scene {
  isReady = true;
  readonly told: string[] = [];
  readonly failures: number[] = [];
  readonly pausesMs: number[] = [];
  /** What the calls fail with, in turn; undefined where one works. */
  faults: (Error | undefined)[] = [];
  nowMs = 0;
  isOver = false;
  readonly registration: Registration;
  readonly #reached: Promise<void>;

  constructor(untilMs: number, faults: (Error | undefined)[] = [], onTime: (scene: Scene) => void = () => {}) {
    this.faults = faults;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reached = promise;
    const tell = async (what: string) => {
      this.told.push(`${this.nowMs / 1000} ${what}`);
      const fault = this.faults.shift();
      if (fault) throw fault;
    };
    const registry: Registry = {
      renewalMs: 5000,
      turnoverMs: 7000,
      register: (isReady) => tell(`register ${isReady}`),
      renew: (isReady) => tell(`renew ${isReady}`),
      deregister: () => tell('deregister'),
    };
    const events = {
      onRegister: () => this.told.push('registered'),
      onLeave: () => this.told.push('left'),
      onFailure: (_: unknown, pauseMs: number) => this.failures.push(pauseMs),
    };
    this.registration = new Registration(
      registry,
      () => {
        onTime(this);
        return this.isReady;
      },
      events,
      async (ms, signal) => {
        this.pausesMs.push(ms);
        this.nowMs += ms;
        if (this.nowMs < untilMs || this.isOver) return;
        this.isOver = true;
        resolve();
        await new Promise((_, reject) => signal.addEventListener('abort', reject));
      },
    );
  }

  async ending(): Promise<readonly string[]> {
    await this.#reached;
    return this.told;
  }
}

describe('a registration', () => {
  it('begins when the instance is first ready, is renewed in time, and follows readiness within a second', async () => {
    const scene = new Scene(16_000, [], (at) => {
      at.isReady = at.nowMs >= 2000 && (at.nowMs < 9000 || at.nowMs >= 11_000);
    });
    assert.deepEqual(await scene.ending(), [
      '2 register true',
      'registered',
      '7 renew true',
      '9 renew false',
      '11 renew true',
    ]);
    await scene.registration.leave(0);
  });

  it('is made anew, at once, where the registry does not know the instance any more', async () => {
    const scene = new Scene(11_000, [undefined, answer(404)]);
    assert.deepEqual(await scene.ending(), [
      '0 register true',
      'registered',
      '5 renew true',
      '5 register true',
      'registered',
      '10 renew true',
    ]);
    assert.deepEqual(scene.failures, []);
    await scene.registration.leave(0);
  });

  const faults: [string, Error][] = [
    ['is away', new Error('ECONNREFUSED')],
    ['refuses', answer(403)],
    ['does not know the way', answer(404)],
    ['fails', answer(500)],
  ];
  for (const [name, fault] of faults) {
    it(`is tried again after pauses that grow and that chance spreads while the registry ${name}`, async () => {
      const scene = new Scene(
        200_000,
        Array.from({ length: 9 }, () => fault),
      );
      const told = await scene.ending();
      const longest = [1, 2, 4, 8, 16, 30, 30, 30, 30];
      assert.equal(scene.failures.length, 9);
      for (const [at, ms] of scene.failures.entries()) {
        assert.ok(ms >= longest[at]! * 500 && ms <= longest[at]! * 1000, `pause ${at}: ${ms} ms`);
      }
      assert.notEqual(new Set(scene.failures.slice(5)).size, 1);
      assert.match(told[9]!, /register true$/);
      assert.equal(told[10], 'registered');
      assert.match(told[11]!, /renew true$/);
      await scene.registration.leave(0);
    });
  }

  it('is made anew after a renewal has failed, since the registry may have forgotten meanwhile', async () => {
    const scene = new Scene(8000, [undefined, new Error('slow')]);
    const told = await scene.ending();
    assert.deepEqual(told.slice(0, 3), ['0 register true', 'registered', '5 renew true']);
    assert.match(told[3]!, /register true$/);
    await scene.registration.leave(0);
  });

  it('ends with the instance leaving, and then the time in which caches turn over', async () => {
    const scene = new Scene(3000);
    await scene.ending();
    await scene.registration.leave();
    assert.deepEqual(scene.told.slice(2), ['3 deregister', 'left']);
    assert.equal(scene.pausesMs.at(-1), 7000);
  });

  it('ends well where the registry has forgotten the instance already', async () => {
    const scene = new Scene(3000, [undefined, answer(404)]);
    await scene.ending();
    await scene.registration.leave(1234);
    assert.deepEqual(scene.told.slice(2), ['3 deregister', 'left']);
    assert.deepEqual(scene.failures, []);
    assert.equal(scene.pausesMs.at(-1), 1234);
  });

  it('ends after two attempts where the registry is away, and waits even so: it is still listed', async () => {
    const scene = new Scene(3000, [undefined, new Error('away'), new Error('away')]);
    await scene.ending();
    await scene.registration.leave();
    assert.deepEqual(scene.told.slice(2), ['3 deregister', '3 deregister']);
    assert.equal(scene.failures.length, 2);
    assert.equal(scene.pausesMs.at(-1), 7000);
  });

  it('ends at once where the instance was never ready', async () => {
    const scene = new Scene(3000, [], (at) => {
      at.isReady = false;
    });
    await scene.ending();
    await scene.registration.leave();
    assert.deepEqual(scene.told, []);
    assert.equal(scene.pausesMs.at(-1), 1000);
  });

  it('waits for a request that is under way before it leaves, so that the later one arrives last', async () => {
    const arrived = Promise.withResolvers<void>();
    const told: string[] = [];
    const registration = new Registration(
      {
        renewalMs: 5000,
        turnoverMs: 0,
        async register() {
          told.push('register');
          await arrived.promise;
          told.push('arrived');
        },
        renew: async () => {},
        deregister: async () => void told.push('deregister'),
      },
      () => true,
      { onRegister() {}, onLeave() {}, onFailure() {} },
    );
    const left = registration.leave();
    arrived.resolve();
    await left;
    assert.deepEqual(told, ['register', 'arrived', 'deregister']);
  });
});
