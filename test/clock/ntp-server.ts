/** An NTP server that answers as a test wants it to. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const EPOCH_S = 2_208_988_800n;

/** The answer of a server of stratum 2, which is sure of its time to 16 ms, that took no time over it. */
export function packAnswer(query: Buffer, timeNs: bigint): Buffer {
  const seconds = timeNs / 1_000_000_000n;
  const fraction = ((timeNs % 1_000_000_000n) << 32n) / 1_000_000_000n;
  const timestamp = ((seconds + EPOCH_S) << 32n) + fraction + 1n;
  const answer = Buffer.alloc(48);
  answer.writeUInt8(0x24, 0);
  answer.writeUInt8(2, 1);
  answer.writeUInt8(6, 2);
  answer.writeInt8(-20, 3);
  answer.writeUInt32BE(1024, 4);
  answer.writeUInt32BE(512, 8);
  query.copy(answer, 24, 40, 48);
  answer.writeBigUInt64BE(BigInt.asUintN(64, timestamp), 32);
  answer.writeBigUInt64BE(BigInt.asUintN(64, timestamp), 40);
  return answer;
}

export interface TestNtpServer extends AsyncDisposable {
  readonly port: number;
  /** How many questions came. */
  readonly questions: () => number;
}

/** @param answer gives the packets that are sent back for a question */
export async function openNtpServer(answer: (query: Buffer) => readonly Buffer[]): Promise<TestNtpServer> {
  const socket = createSocket('udp4');
  let questions = 0;
  socket.on('message', (query, { port, address }) => {
    questions += 1;
    for (const packet of answer(query)) socket.send(packet, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    questions: () => questions,
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
