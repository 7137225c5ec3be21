import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { buffer } from 'node:stream/consumers';

import { create, toBinary } from '@bufbuild/protobuf';

import { openGrpc, TestClient } from './service.ts';
import { ServerReflectionRequestSchema } from '../../app/grpc/generated/grpc/reflection/v1/reflection_pb.js';
import { TimeService } from '../../app/grpc/generated/time/v1/time_pb.js';

const QUESTIONS = 2000;

/** A question for a name that does not exist, of 1 KB, as it is framed in a stream. */
function frameQuestion(): Buffer {
  const messageRequest = { case: 'fileContainingSymbol', value: 'x'.repeat(1000) } as const;
  const bytes = toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, { messageRequest }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

function countMessages(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt32BE(at + 1)) count += 1;
  return count;
}

describe('a stream of reflection', () => {
  it('takes few questions from a client that reads no answer, and answers all once it reads', async () => {
    await using server = await openGrpc();
    const session = connect(`http://${server.address}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.end(Buffer.concat(Array.from({ length: QUESTIONS }, frameQuestion)));
    await once(stream, 'response');
    using other = new TestClient(server.address);
    for (let round = 0; round < 50; round++) await other.call(TimeService.method.getTime, {});
    const { bytesWritten } = session.socket;
    assert.ok(bytesWritten < 512 * 1024, `${bytesWritten} bytes were taken`);
    assert.equal(countMessages(await buffer(stream)), QUESTIONS);
    session.close();
  });
});
