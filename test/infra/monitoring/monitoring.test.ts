import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { V1ConfigMap, V1Deployment, V1Service } from '@kubernetes/client-node';

import { ENVIRONMENTS } from '../../../infra/environments.ts';
import { panelsOf } from '../../../infra/monitoring/dashboard.ts';
import type { ServiceMonitor } from '../../../infra/monitoring/scrape.ts';
import { monitoringFile, synthesize } from '../../../infra/synthesis.ts';
import { needTool } from '../../outside-tool.ts';

const FILES = synthesize(ENVIRONMENTS);
const KEY = 'production';
const MONITORING = FILES.get(monitoringFile(KEY))!;
const SERVICE = FILES.get(`${KEY}.yaml`)!;

describe('the monitoring of an environment', () => {
  it('finds the pods by one of their Services and the name of their admin port', () => {
    const { selector, endpoints } = (MONITORING.find(({ kind }) => kind === 'ServiceMonitor') as ServiceMonitor).spec;
    const services = SERVICE.filter(({ kind }) => kind === 'Service') as V1Service[];
    const [keep] = endpoints[0]!.relabelings;
    const matching = services.filter(({ metadata }) => {
      const labels = metadata!.labels!;
      return Object.entries(selector.matchLabels).every(([label, value]) => labels[label] === value);
    });
    assert.equal(matching.length, 2);
    assert.equal(matching.filter(({ metadata }) => metadata!.name === keep!.regex).length, 1);
    const deployment = SERVICE.find(({ kind }) => kind === 'Deployment') as V1Deployment;
    const ports = deployment.spec!.template.spec!.containers[0]!.ports!.map(({ name }) => name);
    assert.ok(ports.includes(endpoints[0]!.targetPort));
  });

  it('has a dashboard that Grafana’s sidecar finds, each panel with its own place and identity', () => {
    const { metadata, data } = MONITORING.find(({ kind }) => kind === 'ConfigMap') as V1ConfigMap;
    assert.equal(metadata!.labels!['grafana_dashboard'], '1');
    const { uid, panels } = JSON.parse(Object.values(data!)[0]!) as {
      uid: string;
      panels: { id: number; type: string; gridPos: { x: number; y: number } }[];
    };
    assert.ok(uid.length <= 40, 'Grafana takes no more');
    assert.equal(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size, panels.length);
    assert.deepEqual(
      panels.map(({ type }) => type),
      Object.values(panelsOf(ENVIRONMENTS[KEY]!)).flatMap((row) => ['row', ...row.map(() => 'timeseries')]),
    );
  });

  it('asks nothing on its dashboard that Prometheus cannot read', function () {
    needTool(this, 'promtool', 'install the Debian package prometheus');
    const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
    const queries = Object.values(panelsOf(ENVIRONMENTS[KEY]!)).flatMap((row) =>
      row.flatMap((panel) => Object.values(panel.queries)),
    );
    const rules = queries.map((expr, index) => ({
      record: `query:${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', join(folder, 'rules.yaml')], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`${queries.length} rules found`));
  });
});
