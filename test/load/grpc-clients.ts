/** Callers of `GetTime` over gRPC, who share a channel as the parts of one program do. */
import { Client, credentials, Metadata, status, type ServiceError } from '@grpc/grpc-js';

import { ANSWER_TIMEOUT_MS, refuseForeignHost, type LoadAnswer, type LoadClient } from './load.ts';

const METHOD = '/time.v1.TimeService/GetTime';

export interface GrpcClientsPlan {
  /** What a channel is made for: `dns:///name:port` or `host:port`. */
  readonly target: string;
  readonly callers: number;
  /** A gRPC service config as JSON: how calls are spread, and which are made again. */
  readonly serviceConfig: string;
}

/** @throws Error for a target that is neither on this machine nor, when run in a pod, in the cluster */
export function grpcClients({ target, callers, serviceConfig }: GrpcClientsPlan): LoadClient[] {
  refuseForeignHost(target.replace(/^dns:\/\/\//, '').replace(/:\d+$/, ''));
  const channel = new Client(target, credentials.createInsecure(), {
    'grpc.service_config': serviceConfig,
    // What is looked up at most every 30 s by default, a rollout replaces within that time.
    'grpc.dns_min_time_between_resolutions_ms': 1000,
    // Nothing else tells a channel that a node is gone.
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5000,
  });
  let open = callers;
  const close = () => {
    open -= 1;
    if (open === 0) channel.close();
  };
  return Array.from({ length: callers }, () => ({ ask: () => call(channel), close }));
}

/** An empty request is no bytes; the answer is not looked into. */
function call(channel: Client): Promise<LoadAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadAnswer>();
  const asIs = (bytes: Buffer) => bytes;
  const options = { deadline: Date.now() + ANSWER_TIMEOUT_MS };
  channel.makeUnaryRequest(METHOD, asIs, asIs, Buffer.alloc(0), new Metadata(), options, (error, answer) => {
    if (error) reject(Object.assign(new Error(error.details), { code: describe(error) }));
    else resolve({ status: 'OK', isGood: answer !== undefined && answer.length > 0 });
  });
  return promise;
}

/** The status and why, without the addresses and times by which each would be of its own kind. */
function describe({ code, details }: ServiceError): string {
  return `${status[code]} (${details.replace(/\d[\d.:TZ-]*/g, '…')})`;
}
