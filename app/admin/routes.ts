/** What the admin port answers: probes for the kubelet, metrics for Prometheus, the version for people. */
import type { Registry } from 'prom-client';
import * as z from 'zod';

import type { Health, Probe } from './health.ts';
import { METRICS_PATH, PROBE_PATHS } from './paths.ts';
import { answerJson, answerText, NO_STORE, type Answer } from '../http/answer.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** What `/version` says. */
export interface Build {
  readonly version: string;
  readonly revision: string;
  readonly node: string;
  readonly tzdb: string;
}

export function adminRoutes(health: Health, registry: Registry, build: Build): Route[] {
  return [
    probeRoute('live', 'Whether the process should be left running.', health),
    probeRoute('ready', 'Whether requests should be sent here.', health),
    probeRoute('started', 'Whether the start is over.', health),
    defineRoute({
      path: METRICS_PATH,
      summary: 'Metrics in Prometheus’ text format.',
      pathParameters: {},
      queryParameters: {},
      produces: ['text/plain'],
      handle: async () => ({
        status: 200,
        headers: ['Content-Type', registry.contentType, ...NO_STORE],
        body: await registry.metrics(),
      }),
    }),
    defineRoute({
      path: '/version',
      summary: 'Which build this is.',
      pathParameters: {},
      queryParameters: {},
      produces: ['application/json'],
      handle: () => answerJson(build, NO_STORE),
    }),
  ];
}

function probeRoute(probe: Probe, summary: string, health: Health): Route {
  return defineRoute({
    path: PROBE_PATHS[probe],
    summary,
    pathParameters: {},
    queryParameters: {
      verbose: z.string().optional().meta({ description: 'Lists the checks.', example: '' }),
    },
    produces: ['text/plain'],
    handle: ({ query: { verbose } }) => answerProbe(probe, health, verbose !== undefined),
  });
}

function answerProbe(probe: Probe, health: Health, isVerbose: boolean): Answer {
  const results = health.run(probe);
  const failed = results.filter(({ failure }) => failure !== undefined);
  const listed = isVerbose ? results : failed;
  const lines = listed.map(({ name, failure }) =>
    failure === undefined ? `[+] ${name} ok` : `[-] ${name} failed: ${failure}`,
  );
  lines.push(failed.length === 0 ? 'ok' : `${probe} failed`);
  return { ...answerText(`${lines.join('\n')}\n`, NO_STORE), status: failed.length === 0 ? 200 : 503 };
}
