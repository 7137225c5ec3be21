import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { awaitAnswer, secondsSince } from './answer.ts';
import { closeAll, openSockets } from './attack.ts';
import { startGoodClients } from './good-clients.ts';
import { defineFaults, type Measured } from './matrix.ts';
import { startVictim } from './service.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { httpClients } from '../load/http-clients.ts';
import { Load } from '../load/load.ts';

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
  const kept = new Load({ clients, ratePerSecond: 100, maxRequests: Infinity, maxSeconds: 60 });
  while (kept.ended < 20) await delay(10);
  const sockets = await openSockets(service.httpPort, 300);
  await delay(3000);
  closeAll(sockets);
  const recovery = await awaitAnswer(service.httpPort);
  const { failed } = await kept.stop();
  return { failed, recovery };
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
  'clock stepped': stepClock,
});
