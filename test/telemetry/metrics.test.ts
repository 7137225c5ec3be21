import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

import { NO_PEERS } from '../../app/clock/peer-report.ts';
import { clockService } from '../../app/grpc/clock-service.ts';
import {
  CLOCK_METRICS,
  GRPC_METRICS,
  HTTP_METRICS,
  type MetricName,
  PEER_METRICS,
  PROCESS_METRICS,
  releaseNumber,
} from '../../app/telemetry/metric-names.ts';
import { ROUTES } from '../../docs/routes.ts';
import { openBareClock } from '../clock/machine.ts';
import { openGrpc } from '../grpc/service.ts';
import { needTool } from '../outside-tool.ts';
import { startService } from '../service-process.ts';

const PEERS = 8;
const MOST_SERIES = 150;
/** What only a clock has that knows a bound, or that was stepped. */
const ABSENT_AT_FIRST = new Set<MetricName>([
  CLOCK_METRICS.bound,
  CLOCK_METRICS.lastStep,
  CLOCK_METRICS.sourceOffset,
  GRPC_METRICS.requests,
]);

describe('the metrics of a process with eight peers, each of whose routes was asked', () => {
  let metrics: string;
  let series: string[];

  before(async () => {
    await using stack = new AsyncDisposableStack();
    const addresses: string[] = [];
    for (let count = 0; count < PEERS; count++) {
      addresses.push(stack.use(await openGrpc([clockService(openBareClock(), () => NO_PEERS)])).address);
    }
    const service = stack.use(await startService({ PEERS: addresses.join() }));
    for (const { path } of ROUTES) {
      const url = `http://127.0.0.1:${service.httpPort}${path.replaceAll(/\{[^}]+\}/g, 'Europe/Paris')}`;
      await (await fetch(url)).body?.cancel();
    }
    do {
      metrics = await (await fetch(`http://127.0.0.1:${service.adminPort}/metrics`)).text();
    } while ((metrics.match(/^time_service_peer_offset_seconds\{/gm)?.length ?? 0) < PEERS);
    series = metrics.split('\n').filter((line) => /^[^#]/.test(line));
  });

  it(`are at most ${MOST_SERIES} series`, function () {
    this.test!.title += ` (${series.length})`;
    assert.ok(series.length <= MOST_SERIES, `${series.length} series`);
  });

  it('count the processor time that was spent', () => {
    assert.ok(Number(/^process_cpu_seconds_total (.*)$/m.exec(metrics)?.[1]) > 0, metrics);
  });

  it('are well named, by Prometheus’ own account', function () {
    needTool(this, 'promtool', 'install the Debian package prometheus');
    const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(status, 0);
  });

  it('have the names and the labels that alerts and dashboard know them by', () => {
    const known = [CLOCK_METRICS, PEER_METRICS, HTTP_METRICS, GRPC_METRICS, PROCESS_METRICS].flatMap(
      (group): MetricName[] => Object.values(group),
    );
    for (const metric of known) {
      const { name, labelNames } = metric;
      assert.match(metrics, new RegExp(`^# TYPE ${name} `, 'm'));
      const own = series.filter((line) => new RegExp(`^${name}(_bucket)?[{ ]`).test(line));
      assert.ok(own.length > 0 || ABSENT_AT_FIRST.has(metric), name);
      for (const line of own) for (const label of labelNames) assert.match(line, new RegExp(`[{,]${label}="`));
    }
  });
});

describe('a release of the tz database as a number', () => {
  it('is the greater the newer it is', () => {
    const releases = ['2025z', '2026a', '2026b', '2026j', '2026k', '2027a'].map(releaseNumber);
    assert.deepEqual(releases, [2025.26, 2026.01, 2026.02, 2026.1, 2026.11, 2027.01]);
    assert.deepEqual(
      releases.toSorted((one, other) => one - other),
      releases,
    );
  });
});
