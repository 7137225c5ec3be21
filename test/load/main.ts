/**
 * The load as a program, with the plan as options:
 * `node test/load/main.ts --url http://127.0.0.1:8080/time --keep-alive 50 --fresh 1 --rate 1000 --seconds 60 --json`,
 * or `--grpc 127.0.0.1:50051 --callers 50 --service-config '{…}'` in the place of the first three. With `--progress` it writes
 * each second how many requests have ended, as a line `{"ended":1234}`. Ends with 1 where a request failed, and with 2 where
 * there was nothing to run. A signal ends it early, with its report.
 */
import { parseArgs } from 'node:util';

import { grpcClients } from './grpc-clients.ts';
import { httpClients } from './http-clients.ts';
import { Load } from './load.ts';
import { formatReport } from './report.ts';

const OPTIONS = {
  url: { type: 'string', default: 'http://127.0.0.1:8080/time' },
  'keep-alive': { type: 'string', default: '50' },
  fresh: { type: 'string', default: '0' },
  grpc: { type: 'string' },
  callers: { type: 'string', default: '50' },
  'service-config': { type: 'string', default: '{}' },
  rate: { type: 'string' },
  requests: { type: 'string', default: '1000000' },
  seconds: { type: 'string', default: '10' },
  json: { type: 'boolean', default: false },
  progress: { type: 'boolean', default: false },
} as const;

function parseCount(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`Expected a whole number for --${name}, got ${JSON.stringify(text)}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  const load = new Load({
    clients:
      values.grpc === undefined
        ? httpClients({
            url: values.url,
            keepAlive: parseCount('keep-alive', values['keep-alive']),
            fresh: parseCount('fresh', values.fresh),
          })
        : grpcClients({
            target: values.grpc,
            callers: parseCount('callers', values.callers),
            serviceConfig: values['service-config'],
          }),
    ratePerSecond: values.rate === undefined ? undefined : parseCount('rate', values.rate),
    maxRequests: parseCount('requests', values.requests),
    maxSeconds: parseCount('seconds', values.seconds),
  });
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => void load.stop());
  const progress = setInterval(() => {
    if (values.progress) process.stdout.write(`${JSON.stringify({ ended: load.ended })}\n`);
  }, 1000);
  const report = await load.report;
  clearInterval(progress);
  process.stdout.write(`${values.json ? JSON.stringify(report) : formatReport(report)}\n`);
  process.exitCode = report.failed === 0 ? 0 : 1;
}

await main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
});
