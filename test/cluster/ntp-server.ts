/** An NTP server of the right time, as a program: `node ntp-server.mjs PORT`. */
import { createSocket } from 'node:dgram';

import { packAnswer } from '../clock/ntp-server.ts';

const socket = createSocket('udp4');
socket.on('message', (query, { port, address }) => {
  socket.send(packAnswer(query, Temporal.Now.instant().epochNanoseconds), port, address);
});
socket.bind(Number(process.argv[2]));
