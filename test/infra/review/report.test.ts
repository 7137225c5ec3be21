import assert from 'node:assert/strict';

import type { V1Secret } from '@kubernetes/client-node';

import { groupInstalls } from '../../../infra/review/installs.ts';
import { renderMarkdown } from '../../../infra/review/markdown.ts';
import { parseManifests } from '../../../infra/review/manifests.ts';
import { canonicalQuantity } from '../../../infra/review/quantity.ts';
import { reviewInstalls, type Report } from '../../../infra/review/report.ts';
import { renderText } from '../../../infra/review/text.ts';
import { containerOf, makeInstall, objectsOf, type Install } from './install.ts';

/** The report on a change of one install. */
function review(change: (install: Install) => void, before: (install: Install) => void = () => {}): Report {
  const [old, young] = [makeInstall(), makeInstall()];
  before(old);
  before(young);
  change(young);
  return reviewInstalls(new Map([['', objectsOf(old)]]), new Map([['', objectsOf(young)]]));
}

const fieldsOf = (report: Report) => report.flatMap(({ fields }) => fields);

function settings(data: Record<string, string>, name = 'settings'): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

describe('a report', () => {
  it('tells fields in words', () => {
    const report = review((install) => {
      const container = containerOf(install);
      container.resources!.limits!['memory'] = '96Mi';
      container.env![0]!.value = '3000';
      container.env!.unshift({ name: 'LOG_LEVEL', value: 'debug' });
      container.readinessProbe!.periodSeconds = 5;
      delete container.lifecycle;
      install.deployment.spec!.template.spec!.terminationGracePeriodSeconds = 20;
      install.deployment.spec!.template.metadata!.labels!['example.org/tier'] = 'front';
      install.autoscaler.spec.maxReplicas = 8;
    });
    assert.deepEqual(fieldsOf(report).toSorted(), [
      'clock: memory limit 192Mi → 96Mi',
      'clock: readiness probe periodSeconds 2 → 5',
      'clock: variable DRAIN_TIMEOUT_MS 2000 → 3000',
      'clock: variable LOG_LEVEL: debug, where there was none',
      'grace period, s 10 → 20',
      'most pods 4 → 8',
      'pod label example.org/tier: front, where there was none',
      'spec.template.spec.containers.clock.lifecycle: none, where there was {"preStop":{"sleep":{"seconds":1}}}',
    ]);
  });

  it('never shows what a Secret holds', () => {
    const secret = (data: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'token' },
      data,
    });
    const report = review(
      ({ others }) => Object.assign(others[0] as V1Secret, secret({ token: 'bmV3', more: 'bmV3' })),
      ({ others }) => others.push(secret({ token: 'b2xk' })),
    );
    assert.deepEqual(fieldsOf(report), ['data.token (hidden) → (hidden)', 'data.more: (hidden), where there was none']);
    assert.doesNotMatch(JSON.stringify(report), /bmV3|b2xk/);
  });

  it('takes an object of a newer API version for the same object', () => {
    const report = review(({ autoscaler }) => Object.assign(autoscaler, { apiVersion: 'autoscaling/v3' }));
    assert.deepEqual(
      report.map(({ state, fields }) => [state, ...fields]),
      [['changed', 'apiVersion autoscaling/v2 → autoscaling/v3']],
    );
  });

  it('puts objects in danger first, and their dangers before their effects', () => {
    const [first, ...others] = review((install) => {
      install.settings.metadata!.labels = { team: 'a' };
      containerOf(install).image = 'time-service:latest';
    });
    assert.equal(first!.kind, 'Deployment');
    assert.equal(first!.findings[0]!.level, 'danger');
    assert.deepEqual(
      others.map(({ kind, findings }) => [kind, findings.length]),
      [['ConfigMap', 0]],
    );
  });

  it('takes objects that lack what an API server would insist on, as patches of other tools do', () => {
    const parts = [
      {},
      { spec: {} },
      { spec: { template: { metadata: {}, spec: { containers: [{}] } } } },
      { spec: { containers: [{ name: 'a' }], selector: {}, ports: [{}], ingress: [{}], egress: [{}], metrics: [{}] } },
      { rules: [{}], subjects: [{}], data: {} },
    ];
    const kinds = [
      ...new Set(objectsOf(makeInstall()).map(({ kind }) => kind!)),
      'StatefulSet',
      'CronJob',
      'Pod',
      'Widget',
    ];
    for (const kind of kinds) {
      const states = parts.map(
        (part) => new Map([['', [{ apiVersion: 'v1', kind, metadata: { name: 'clock' }, ...part }]]]),
      );
      for (const before of states) {
        for (const after of states) assert.doesNotThrow(() => reviewInstalls(before, after), kind);
      }
    }
  });
});

describe('the installs of a folder', () => {
  it('are one where each object stands once, whatever the files are called', () => {
    const { before, after } = groupInstalls(
      new Map([['a.yaml', settings({ a: '1' })]]),
      new Map([['moved/b.yaml', settings({ a: '1' })]]),
    );
    assert.deepEqual(reviewInstalls(before, after), []);
  });

  it('are those of the names before the first dot where an object stands twice', () => {
    const files = (zone: string) =>
      new Map([
        ['kind.yaml', settings({ zone })],
        ['kind.more.yaml', settings({ zone }, 'more')],
        ['production.yaml', settings({ zone })],
      ]);
    const { before, after } = groupInstalls(files('UTC'), files('Asia/Tokyo'));
    assert.deepEqual([...after.keys()], ['kind', 'production']);
    // What changes in the same way is told once.
    assert.deepEqual(
      reviewInstalls(before, after).map(({ name, installs }) => [name, installs]),
      [
        ['settings', ['kind', 'production']],
        ['more', ['kind']],
      ],
    );
  });

  it('take several documents, Lists, JSON and nothing at all', () => {
    const list = `{"apiVersion": "v1", "kind": "List", "items": [${settings({}, 'a')}, ${settings({}, 'b')}]}`;
    const names = parseManifests(`---\n${list}\n---\n# nothing\n---\n${settings({}, 'c')}\n`, 'x').map(
      ({ metadata }) => metadata!.name,
    );
    assert.deepEqual(names, ['a', 'b', 'c']);
  });

  it('are read as kubectl reads them', () => {
    const [object] = parseManifests(
      [
        'base: &base { mode: 0644, plain: yes }',
        'apiVersion: example.org/v1',
        'kind: Widget # of a kind that no rule knows',
        'metadata: { name: a }',
        'spec: { <<: *base, time: 12:30, day: 2026-11-24 }',
      ].join('\n'),
      'a.yaml',
    );
    const { spec } = object as { spec?: unknown };
    assert.deepEqual(spec, { mode: 0o644, plain: true, time: '12:30', day: '2026-11-24' });
  });

  for (const [what, text, message] of [
    [
      'no object',
      `---\n---\nkind: Pod`,
      /^Advice: a\.yaml, document 2: expected .*metadata\.name, got {"kind":"Pod"}$/,
    ],
    ['a plain text', 'hello', /a\.yaml, document 1: expected .*, got "hello"$/],
    ['an item of a List', `{apiVersion: v1, kind: List, items: [1]}`, /document 1, item 1: expected .*, got 1$/],
    ['what is no YAML', `${settings({})}\n---\n{`, /^Advice: a\.yaml, document 2: .* at line 3, column 2/],
    ['an unknown anchor', 'a: *b', /a\.yaml, document 1: Unresolved alias/],
    ['a patch of kustomize', 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization', /`kustomize build`/],
    ["a chart's own description", 'apiVersion: v2\nname: a', /`helm template`/],
  ] as const) {
    it(`refuse ${what}, and say where`, () => {
      assert.throws(() => parseManifests(text, 'a.yaml'), message);
    });
  }

  it('refuse an object that stands twice, and say where', () => {
    const group = (files: Record<string, string>) => groupInstalls(new Map(), new Map(Object.entries(files)));
    const [one, both] = [settings({}), `${settings({})}\n---\n${settings({})}`];
    assert.throws(() => group({ 'a.yaml': both }), /each object once, got ConfigMap settings twice in a\.yaml$/);
    assert.throws(() => group({ 'a.b.yaml': one, 'a.c.yaml': one }), /settings in a\.b\.yaml and in a\.c\.yaml$/);
  });
});

describe('the Markdown of a report', () => {
  const dangerous = review((install) => {
    install.role.rules![0]!.verbs = ['*'];
    containerOf(install).env![0]!.value = '``` <b>&amp;</b> *x*\nsecond line';
  });

  it('has the summary, then every danger, then each object folded', () => {
    const [summary, dangers, ...rest] = renderMarkdown(dangerous).split('\n\n');
    assert.equal(summary, '### Manifests: 2 objects change, 1 danger.');
    assert.match(
      dangers!,
      /^- \*\*Role review\/clock\*\*: Widened by what leads to more power: \\\* on services\. \(\[/,
    );
    assert.equal(rest.filter((part) => part.startsWith('<details>')).length, 2);
  });

  it('keeps values inside their fence', () => {
    const fenced = /\n(`{4,})\n([\s\S]*?)\n\1\n/.exec(renderMarkdown(dangerous));
    assert.equal(fenced![2], 'clock: variable DRAIN_TIMEOUT_MS 2000 → ``` <b>&amp;</b> *x*\\nsecond line');
  });

  it('fits a comment, and says how much is left out', () => {
    const many = Array.from({ length: 400 }, (_, index) => settings({ a: 'x'.repeat(70) }, `settings-${index}`)).join(
      '\n---\n',
    );
    const changed = many.replaceAll('x', 'y');
    const { before, after } = groupInstalls(new Map([['a', many]]), new Map([['a', changed]]));
    const markdown = renderMarkdown(reviewInstalls(before, after));
    assert.ok(markdown.length < 65_536);
    assert.match(markdown, /^### Manifests: 400 objects change, no danger\./);
    assert.match(markdown, /\n\n\d{2,3} objects more: `make diff` shows all\.$/);
  });
});

describe('the text of a report', () => {
  it('says that nothing changes', () => {
    assert.equal(renderText(review(() => {})), 'Nothing changes.');
  });

  it('marks dangers', () => {
    const text = renderText(review(({ budget }) => Object.assign(budget.spec!, { maxUnavailable: 0 })));
    assert.deepEqual(text.split('\n'), [
      '1 object changes, 1 danger.',
      '',
      '~ PodDisruptionBudget review/clock',
      '  DANGER Blocks every drain: maxUnavailable 0 with 2 pods of Deployment clock lets none be evicted.',
      '    spec.maxUnavailable 1 → 0',
    ]);
  });
});

describe('a quantity', () => {
  // The right-hand sides are what an API server stores; `kubectl create --dry-run=server` shows them.
  for (const [written, stored] of [
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['98304Ki', '96Mi'],
    ['0.1Gi', '107374182400m'],
    ['1500M', '1500M'],
    ['2000k', '2M'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1', '-1'],
    ['three', 'three'],
  ] as const) {
    it(`${written} is ${stored}`, () => {
      assert.equal(canonicalQuantity(written), stored);
    });
  }
});
