/** Node's own HTTP/2 server that frames the same answer as gRPC does: what is there before any of its libraries. */
import { createServer, type ServerHttp2Stream } from 'node:http2';

import { encodeTime } from './get-time.ts';

/** A flag for compression and the length of the message stand before it. */
const PREFIX_BYTES = 5;

createServer()
  .on('stream', (stream: ServerHttp2Stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.resume().on('end', () => {
      const message = encodeTime();
      const frame = Buffer.alloc(PREFIX_BYTES + message.length);
      frame.writeUInt32BE(message.length, 1);
      message.copy(frame, PREFIX_BYTES);
      stream.end(frame);
    });
  })
  .listen(Number(process.env['PORT']), '127.0.0.1');
