/**
 * What happens to one pod: what it runs, where it is placed, when it is killed and when it is restarted. Pods take their
 * time, so those of all tests are started together and looked at in turn.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

import type { V1Container, V1PodSpec } from '@kubernetes/client-node';

import { statesOf, type Case } from '../../infra/review/cases.ts';
import { containerOf, makeInstall, type Install } from '../../infra/review/install.ts';
import { placementCases } from '../../infra/review/placement.cases.ts';
import { resourcesCases } from '../../infra/review/resources.cases.ts';
import { terminationCases } from '../../infra/review/termination.cases.ts';
import {
  applyOne,
  core,
  createNamespace,
  deleteNamespace,
  eventually,
  findingsOf,
  IMAGE,
  kubectl,
  NODE,
} from './cluster.ts';
import { programPod } from './running.ts';

const namespace = 'review-pods';
const read = async (name: string) => core().readNamespacedPod({ namespace, name });
const stateOf = async (name: string) => (await read(name)).status?.containerStatuses?.[0];

/** Texts of a case, and the pod of an install as far as a test needs it. */
const saysOf = (one: Case, pattern: RegExp) => one.says.some((text) => pattern.test(text));
const podOf = ({ deployment }: Install) => deployment.spec!.template.spec!;

/** What a case's observation promises, started before the first test. */
class Observations<Answer> {
  readonly #answers = new Map<string, Promise<Answer>>();

  start(name: string, observe: () => Promise<Answer>): void {
    const answer = observe();
    // A failure is its own test's, not that of the process.
    answer.catch(() => undefined);
    this.#answers.set(name, answer);
  }

  async of(name: string): Promise<Answer> {
    return this.#answers.get(name)!;
  }
}

describe('a pod', () => {
  before(() => createNamespace(namespace));
  after(() => deleteNamespace(namespace));

  describe('what is said of memory, where pods use it', () => {
    const USED_MIB = 150;
    const program = `globalThis.kept = Buffer.alloc(${USED_MIB} * 2 ** 20, 1); setInterval(() => {}, 1e6)`;
    const memoryLimitMib = (install: Install) =>
      Number.parseInt(containerOf(install).resources?.limits?.['memory'] ?? 'none', 10);
    // Where the pod has enough before the change, so that its end is that of the change.
    const cases = resourcesCases.cases.filter(
      (one) => !saysOf(one, /Apply fails/) && memoryLimitMib(statesOf(one).before) > USED_MIB,
    );
    const ends = new Observations<string>();

    before(() => {
      for (const [index, one] of cases.entries()) {
        const { after: changed } = statesOf(one);
        ends.start(one.it, async () => {
          const name = `memory-${index}`;
          const limits = containerOf(changed).resources?.limits ?? {};
          await applyOne(
            programPod(namespace, name, program, {
              container: { resources: { limits } },
              spec: { restartPolicy: 'Never' },
            }),
          );
          const expected = saysOf(one, /is killed/) ? 'OOMKilled' : 'running';
          const see = async () => {
            const { state } = (await stateOf(name)) ?? {};
            return state?.terminated?.reason ?? (state?.running ? 'running' : 'waiting');
          };
          await eventually(expected, see, 60_000);
          await delay(3000);
          return see();
        });
      }
    });

    for (const one of cases) {
      it(`resources: ${one.it}`, async () => {
        assert.equal(await ends.of(one.it), saysOf(one, /is killed/) ? 'OOMKilled' : 'running');
      });
    }

    it('resources: a pod that reserves more than the node has waits', async () => {
      const waits = async (name: string, cpu: string) => {
        await applyOne(programPod(namespace, name, program, { container: { resources: { requests: { cpu } } } }));
        return conditionOf(name);
      };
      assert.deepEqual([await waits('modest', '100m'), await waits('greedy', '64')], ['True', 'False Unschedulable']);
    });
  });

  /** Whether a pod has been placed, and if not why. */
  async function conditionOf(name: string): Promise<string> {
    let answer = '';
    await eventually(true, async () => {
      const scheduled = (await read(name)).status?.conditions?.find(({ type }) => type === 'PodScheduled');
      answer = [scheduled?.status, scheduled?.reason].filter(Boolean).join(' ');
      return answer !== '';
    });
    return answer;
  }

  describe('what is said of placement, on one node', () => {
    for (const [index, one] of placementCases.cases.entries()) {
      it(`placement: ${one.it}`, async () => {
        const place = async (install: Install, when: string) => {
          const { affinity, nodeSelector, topologySpreadConstraints } = podOf(install);
          const spec: Partial<V1PodSpec> = {
            ...(affinity && { affinity }),
            ...(nodeSelector && { nodeSelector }),
            ...(topologySpreadConstraints && { topologySpreadConstraints }),
          };
          const names = [1, 2].map((number) => `placed-${index}-${when}-${number}`);
          const placed: string[] = [];
          for (const name of names) {
            await applyOne(
              programPod(namespace, name, 'setInterval(() => {}, 1e6)', { labels: { app: 'clock' }, spec }),
            );
            placed.push(await conditionOf(name));
          }
          for (const name of names) await core().deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
          return placed.filter((condition) => condition === 'True').length;
        };
        const states = statesOf(one);
        const expected = saysOf(one, /run only on nodes/)
          ? 0
          : saysOf(one, /wait unless there is another|are spread evenly/)
            ? 1
            : 2;
        assert.deepEqual([await place(states.before, 'before'), await place(states.after, 'after')], [2, expected]);
      });
    }
  });

  describe('what is said of the end of pods, where they end', () => {
    // Drains as the service does: it goes on for as long as DRAIN_TIMEOUT_MS says.
    const program = `process.on('SIGTERM', () => setTimeout(() => process.exit(0), Number(process.env.DRAIN_TIMEOUT_MS || 0)));
    setInterval(() => {}, 1e6)`;
    // Whoever says how long the drain may take keeps to it; where nobody says, it takes longer than the shortest time.
    const UNSAID_MS = '4000';
    // The image has no shell that a command could run in.
    const cases = terminationCases.cases.filter((one) => !saysOf(one, /Apply fails/) && !/a command/.test(one.it));
    const codes = new Observations<number[]>();

    before(() => {
      for (const [index, one] of cases.entries()) {
        const states = statesOf(one);
        codes.start(one.it, async () =>
          Promise.all([endOf(states.before, `ends-${index}-before`), endOf(states.after, `ends-${index}-after`)]),
        );
      }
    });

    /** The exit code of a pod that is deleted; a finalizer keeps what is left of it to be read. */
    async function endOf(install: Install, name: string): Promise<number> {
      const { lifecycle, env } = containerOf(install);
      const drain = env!.find(({ name: variable }) => variable === 'DRAIN_TIMEOUT_MS')!;
      const value = drain.value === '0' ? UNSAID_MS : drain.value!;
      const pod = programPod(namespace, name, program, {
        container: { ...(lifecycle && { lifecycle }), env: [{ name: drain.name, value }] },
        spec: { terminationGracePeriodSeconds: podOf(install).terminationGracePeriodSeconds! },
      });
      pod.metadata!.finalizers = ['example.org/read'];
      await applyOne(pod);
      await eventually(true, async () => (await stateOf(name))?.state?.running !== undefined);
      // Until the program listens for the signal.
      await delay(3000);
      await core().deleteNamespacedPod({ namespace, name });
      await eventually(true, async () => (await stateOf(name))?.state?.terminated !== undefined);
      const code = (await stateOf(name))?.state?.terminated?.exitCode;
      await core().patchNamespacedPod({ namespace, name, body: [{ op: 'remove', path: '/metadata/finalizers' }] });
      return code!;
    }

    for (const one of cases) {
      it(`termination: ${one.it}`, async () => {
        assert.deepEqual(await codes.of(one.it), [0, saysOf(one, /is killed/) ? 137 : 0]);
      });
    }
  });

  describe('what is said of probes, where they fail', () => {
    // Answers well for a while, and then no more.
    const failing = `const ended = Date.now() + 6000; process.on('SIGTERM', () => process.exit());
    require('node:http').createServer((_, answer) => answer.writeHead(Date.now() < ended ? 200 : 500).end()).listen(8081, '::')`;
    // Answers only after a while.
    const late = `process.on('SIGTERM', () => process.exit());
    setTimeout(() => require('node:http').createServer((_, answer) => answer.end()).listen(8081, '::'), 9000)`;
    const observations = new Observations<string>();

    type Probes = Pick<V1Container, 'livenessProbe' | 'readinessProbe' | 'startupProbe'>;
    const httpGet = { path: '/', port: 8081 };
    const every = (failureThreshold: number) => ({ httpGet, periodSeconds: 1, failureThreshold });

    /** What comes first to a pod that has been ready: that it is taken out of service, or that it is restarted. */
    async function firstOf(name: string, probes: Probes): Promise<string> {
      await applyOne(
        programPod(namespace, name, failing, { container: probes, spec: { terminationGracePeriodSeconds: 5 } }),
      );
      await eventually(true, async () => (await stateOf(name))?.ready);
      let seen = '';
      await eventually(true, async () => {
        const { ready, restartCount, state } = (await stateOf(name))!;
        if (restartCount > 0) seen = 'restarted';
        else if (!ready && state?.running) seen = 'out';
        return seen !== '';
      });
      return seen;
    }

    /** What becomes of a pod that takes its time to start. */
    async function startOf(name: string, probes: Probes): Promise<string> {
      await applyOne(
        programPod(namespace, name, late, { container: probes, spec: { terminationGracePeriodSeconds: 5 } }),
      );
      let seen = '';
      await eventually(true, async () => {
        const status = await stateOf(name);
        if (status && status.restartCount > 0) seen = 'restarted';
        else if (status?.ready) seen = 'started';
        return seen !== '';
      });
      return seen;
    }

    const inService = { livenessProbe: every(8), readinessProbe: every(2) };
    const hasty = { livenessProbe: every(2), readinessProbe: every(8) };
    const patient = { startupProbe: every(30), readinessProbe: every(1) };
    const impatient = { startupProbe: every(4), readinessProbe: every(1) };

    before(() => {
      observations.start('in service', () => firstOf('in-service', inService));
      observations.start('hasty', () => firstOf('hasty', hasty));
      observations.start('patient', () => startOf('patient', patient));
      observations.start('impatient', () => startOf('impatient', impatient));
    });

    /** What is said of one set of probes after another. */
    function said(before: Probes, after: Probes): string {
      const [old, young] = [makeInstall(), makeInstall()];
      for (const [install, probes] of [
        [old, before],
        [young, after],
      ] as const) {
        const { startupProbe: _, ...rest } = containerOf(install);
        podOf(install).containers = [{ ...rest, ...probes }];
      }
      return findingsOf([old.deployment], [young.deployment])
        .map(({ text }) => text)
        .join('\n');
    }

    it('probes: a liveness probe that gives up first restarts a pod that is still in service', async () => {
      const text = 'clock is restarted after 2 s of trouble, before readiness takes it out of service after 8 s.';
      assert.ok(said(inService, hasty).includes(text));
      assert.equal(await observations.of('hasty'), 'restarted');
    });

    it('probes: one that gives up later does not', async () => {
      assert.ok(!said(hasty, inService).includes('is restarted after'));
      assert.equal(await observations.of('in service'), 'out');
    });

    it('probes: a start that takes longer than the startup probe allows is killed', async () => {
      assert.ok(said(patient, impatient).includes('clock is killed unless it starts within 4 s; it had 30 s.'));
      assert.equal(await observations.of('impatient'), 'restarted');
    });

    it('probes: one that is as long as it allows is not', async () => {
      assert.ok(!said(impatient, patient).includes('is killed'));
      assert.equal(await observations.of('patient'), 'started');
    });
  });

  describe('what is said of images, where tags move', () => {
    const TAGGED = 'review-variant:1';
    const PROGRAM = 'console.log(process.env.VARIANT); setInterval(() => {}, 1e6)';

    const REPOSITORY = `docker.io/library/${TAGGED.split(':')[0]}`;
    const ctr = (args: readonly string[], input?: Buffer) =>
      execFileSync('docker', ['exec', '--interactive', NODE, 'ctr', '--namespace', 'k8s.io', 'images', ...args], {
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
        ...(input && { input }),
      });

    /** Gives the tag to an image with other content, on the node, as a pull would; the digest that it has there. */
    function moveTag(variant: string): string {
      const input = `FROM ${IMAGE}\nENV VARIANT=${variant}\n`;
      execFileSync('docker', ['build', '--quiet', '--tag', TAGGED, '-'], {
        input,
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      const archive = execFileSync('docker', ['save', TAGGED], { maxBuffer: 2 ** 30 });
      ctr(['import', '--digests', '--base-name', REPOSITORY, '-'], archive);
      return /sha256:[0-9a-f]{64}/.exec(ctr(['ls', `name==docker.io/library/${TAGGED}`]))![0];
    }

    async function startPod(name: string, image: string): Promise<void> {
      await applyOne(programPod(namespace, name, PROGRAM, { container: { image } }));
    }
    const logOf = (name: string) => kubectl('--namespace', namespace, 'logs', name).trim();

    after(() => execFileSync('docker', ['image', 'rm', '--force', TAGGED], { stdio: 'ignore' }));

    const startPods = async (when: string, pinned: string) =>
      Promise.all([startPod(`tag-${when}`, TAGGED), startPod(`digest-${when}`, pinned)]);

    it('image: a new pod of a tag that was moved runs something else, one of a digest the same', async () => {
      const digest = moveTag('one');
      const pinned = `review-variant@${digest}`;
      await startPods('before', pinned);
      const seen = (when: string) => async () =>
        ['tag', 'digest'].map((kind) => {
          try {
            return logOf(`${kind}-${when}`);
          } catch {
            return 'nothing yet';
          }
        });
      assert.deepEqual(await eventually(['one', 'one'], seen('before')), ['one', 'one']);
      moveTag('two');
      await startPods('after', pinned);
      assert.deepEqual(await eventually(['two', 'one'], seen('after')), ['two', 'one']);
      assert.deepEqual(imageSaid(pinned, TAGGED), [
        'clock: its image was pinned by digest and goes by the tag 1 now, which can be moved.',
      ]);
      assert.deepEqual(imageSaid(TAGGED, pinned), []);
    });

    it('image: `latest` is pulled for every pod, another tag is not', async () => {
      const [latest, tagged] = ['review-variant:latest', TAGGED];
      assert.deepEqual(imageSaid(tagged, latest), ['clock: its image is whatever `latest` is when a node pulls it.']);
      ctr(['tag', '--force', `docker.io/library/${TAGGED}`, `${REPOSITORY}:latest`]);
      await startPod('pulls', latest);
      await startPod('pulls-not', tagged);
      const pulled = async () => {
        const { items } = await core().listNamespacedEvent({ namespace });
        return ['pulls', 'pulls-not'].map((name) =>
          items.some(({ involvedObject, reason }) => involvedObject.name === name && reason === 'Pulling'),
        );
      };
      assert.deepEqual(await eventually([true, false], pulled), [true, false]);
      assert.equal(await eventually(true, async () => (await stateOf('pulls-not'))?.ready), true);
    });

    function imageSaid(from: string, to: string): string[] {
      const [old, young] = [makeInstall(), makeInstall()];
      containerOf(old).image = from;
      containerOf(young).image = to;
      return findingsOf([old.deployment], [young.deployment])
        .map(({ text }) => text)
        .filter((text) => text.includes('its image'));
    }
  });
});
