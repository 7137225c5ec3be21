/** A real chronyd that serves this machine's time, or a wrong one, on a port of its own and sets no clock. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { findLibfaketime } from './libfaketime.ts';
import { encodeQuery } from '../../app/clock/ntp-packet.ts';

export interface Chronyd extends AsyncDisposable {
  /** As `NTP_SERVERS` has it. */
  readonly name: string;
  /** Ends it; nobody answers on its port then. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 5000;

/** @param shift as faketime(1) has it: `+2s` */
export async function openChronyd(shift?: string): Promise<Chronyd> {
  const directory = await mkdtemp(join(tmpdir(), 'chronyd-'));
  const port = await findFreePort();
  const configuration = join(directory, 'chrony.conf');
  const lines = [`port ${port}`, 'bindaddress 127.0.0.1', 'allow 127.0.0.1', 'local stratum 8', 'cmdport 0'];
  await writeFile(configuration, [...lines, `pidfile ${directory}/pid`, 'bindcmdaddress /'].join('\n'));
  const environment = shift === undefined ? {} : { LD_PRELOAD: findLibfaketime(), FAKETIME: shift };
  const child = spawn('chronyd', ['-x', '-d', '-U', '-u', userInfo().username, '-f', configuration], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const closed = once(child, 'close');
  const stop = async () => {
    child.kill();
    await closed;
  };
  if (!(await answers(port))) {
    await stop();
    throw new Error(`chronyd does not answer: ${log}`);
  }
  return {
    name: `127.0.0.1:${port}`,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(directory, { recursive: true });
    },
  };
}

async function findFreePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const answered = once(socket, 'message').then(() => true);
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  let isAnswered = false;
  while (!isAnswered && performance.now() < deadlineMs) {
    socket.send(encodeQuery(1n), port, '127.0.0.1');
    isAnswered = await Promise.race([answered, delay(20, false)]);
  }
  socket.close();
  return isAnswered;
}
