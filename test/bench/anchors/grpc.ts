/** @grpc/grpc-js with one method and nothing else. */
import { fromBinary } from '@bufbuild/protobuf';
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';

import { GetTimeRequestSchema, type GetTimeRequest } from '../../../app/grpc/generated/time/v1/time_pb.js';
import { encodeTime } from './get-time.ts';

const METHOD = {
  path: '/time.v1.TimeService/GetTime',
  requestStream: false,
  responseStream: false,
  requestSerialize: () => Buffer.alloc(0),
  requestDeserialize: (bytes: Buffer) => fromBinary(GetTimeRequestSchema, bytes),
  responseSerialize: encodeTime,
  responseDeserialize: (bytes: Buffer) => bytes,
};
const getTime: handleUnaryCall<GetTimeRequest, object> = (_call, callback) => callback(null, {});

const server = new Server();
server.addService({ getTime: METHOD }, { getTime });
server.bindAsync(`127.0.0.1:${process.env['PORT']}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
