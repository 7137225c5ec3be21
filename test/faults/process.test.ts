import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { awaitAnswer, secondsSince } from './answer.ts';
import { closeAll, openSockets } from './attack.ts';
import { EXTENT } from './extent.ts';
import { startGoodClients } from './good-clients.ts';
import { defineFaults, type Measured } from './matrix.ts';
import { startVictim, type Victim } from './service.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { findFreePort } from '../free-port.ts';
import { runClosedLoad } from '../load/closed-load.ts';
import { httpClients } from '../load/http-clients.ts';
import { Load } from '../load/load.ts';
import type { ServiceCommand } from '../service-process.ts';

/** As pino numbers its levels. */
const WARN = 40;
const MIB = 2 ** 20;
/** An address of this machine on which nothing else is. */
const RESOLVER = '127.0.0.99';
const QUICK_END = { KEEP_ALIVE_TIMEOUT_MS: '100' };

async function kill(): Promise<Measured> {
  await using service = await startVictim();
  await awaitAnswer(service.httpPort);
  const startMs = performance.now();
  service.child.kill('SIGKILL');
  await service.ended;
  await using next = await startVictim({ PORT: String(service.httpPort) });
  await awaitAnswer(next.httpPort);
  return { restart: secondsSince(startMs) };
}

async function endDuringStart(): Promise<Measured> {
  const ends = [];
  for (let moment = 0; moment < 12; moment++) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'build/main.cjs'], {
      env: { ...QUICK_END, PORT: '0', GRPC_PORT: '0', ADMIN_PORT: '0' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    await delay(30 * moment);
    const startMs = performance.now();
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    ends.push({ isOdd: code !== 0 && signal !== 'SIGTERM', seconds: secondsSince(startMs) });
  }
  return {
    'odd ends': ends.filter(({ isOdd }) => isOdd).length,
    end: Math.max(...ends.map(({ seconds }) => seconds)),
  };
}

async function stop(): Promise<Measured> {
  await using service = await startVictim();
  await using good = startGoodClients(service);
  await delay(1000);
  service.child.kill('SIGSTOP');
  await delay(10_000);
  service.child.kill('SIGCONT');
  const recovery = await awaitAnswer(service.httpPort);
  await delay(1000);
  const { failed } = await good.http.stop();
  return { failed, recovery };
}

async function exhaustHeap(): Promise<Measured> {
  await using service = await startVictim({}, { stderr: 'pipe' });
  let told = '';
  service.child.stderr!.setEncoding('utf8').on('data', (text: string) => (told += text));
  service.ask('leak');
  const how = await service.ended;
  return { aborted: Number(how === 'SIGABRT'), told: Number(/FATAL ERROR.*heap out of memory/.test(told)) };
}

async function exhaustDescriptors(): Promise<Measured> {
  await using service = await startVictim({}, { wrapper: ['prlimit', '--nofile=100', '--'] });
  const clients = httpClients({ url: `http://127.0.0.1:${service.httpPort}/time`, keepAlive: 10 });
  await using kept = new Load({ clients, ratePerSecond: 100, maxRequests: Infinity, maxSeconds: 60 });
  while (kept.ended < 20) await delay(10);
  const sockets = await openSockets(service.httpPort, 300);
  await delay(3000);
  closeAll(sockets);
  const recovery = await awaitAnswer(service.httpPort);
  const { failed } = await kept.stop();
  return { failed, recovery };
}

/** Ends a service that works under a fault. */
async function endOf({ child, ended }: Victim): Promise<Measured> {
  const startMs = performance.now();
  child.kill('SIGTERM');
  const code = await ended;
  return { unclean: Number(code !== 0), end: secondsSince(startMs) };
}

async function leaveLogUnread(): Promise<Measured> {
  await using service = await startVictim({ ...QUICK_END, LOG_LEVEL: 'debug' });
  service.child.stdout!.pause();
  await using good = startGoodClients(service);
  await runClosedLoad({ port: service.httpPort, path: '/time', connections: 8, seconds: EXTENT.faultS / 2 });
  await delay((EXTENT.faultS * 1000) / 2);
  const { failed } = await good.stop();
  const peak = service.peakBytes() / MIB;
  return { failed, peak, ...(await endOf(service)) };
}

/** Runs a service for a while whose surroundings lack what its environment names. */
async function goWithout(environment: Record<string, string>, command: ServiceCommand = {}): Promise<Measured> {
  await using service = await startVictim({ ...QUICK_END, ...environment }, command);
  await using good = startGoodClients(service);
  await delay(EXTENT.faultS * 1000);
  const { failed } = await good.stop();
  const peak = service.peakBytes() / MIB;
  const end = await endOf(service);
  const warnings = service.logLines.filter((line) => (JSON.parse(line) as { level: number }).level >= WARN).length;
  return { failed, peak, told: warnings, warnings, ...end };
}

/** In a mount namespace of its own it asks a resolver that is not there, or one that listens and says nothing. */
async function goWithoutNames(): Promise<Measured> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'resolver-'));
  const file = join(folder.path, 'resolv.conf');
  await writeFile(file, `nameserver ${RESOLVER}\n`);
  const program = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return await goWithout(
    {
      NTP_SERVERS: 'ntp-1.example.com,ntp-2.example.com',
      PEERS: 'dns:peers.example.com:50051',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example.com:4318',
    },
    { wrapper: ['unshare', '--mount', 'sh', '-c', program, file] },
  );
}

async function keepResolverSilent(): Promise<Measured> {
  const resolver = createSocket('udp4').bind(53, RESOLVER);
  await once(resolver, 'listening');
  try {
    return await goWithoutNames();
  } finally {
    resolver.close();
  }
}

async function keepCollectorMute(): Promise<Measured> {
  const collector = createServer((socket) => void socket.resume().on('error', () => {})).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  try {
    const { port } = collector.address() as AddressInfo;
    return await goWithout({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  } finally {
    collector.close();
  }
}

async function goWithoutCollector(): Promise<Measured> {
  return goWithout({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await findFreePort()}` });
}

async function stepClock(): Promise<Measured> {
  await using clock = await FakeClock.open();
  await using service = await startVictim(clock.environment);
  await using good = startGoodClients(service);
  for (const offset of ['+3600', '+0', '-3600', '+0']) {
    await delay(1000);
    await clock.set(offset);
  }
  await delay(1000);
  const { failed, longestGapMs } = await good.stop();
  return { failed, gap: longestGapMs };
}

defineFaults('Process', {
  killed: kill,
  'ended during the start': endDuringStart,
  'stopped for 10 s': stop,
  'heap exhausted': exhaustHeap,
  'descriptors exhausted': exhaustDescriptors,
  'log unread': leaveLogUnread,
  'no resolver': goWithoutNames,
  'silent resolver': keepResolverSilent,
  'no collector': goWithoutCollector,
  'mute collector': keepCollectorMute,
  'clock stepped': stepClock,
});
