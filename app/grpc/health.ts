/**
 * The health service of gRPC, for the server as a whole ("") and for each service. The package grpc-health-check is not
 * used, only its proto: it reads that from beside itself when it is imported, which a bundle in one file cannot, and it
 * leaves Watch streams open, for which a server's shut-down waits for ever (grpc-node#1458).
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
import { create } from '@bufbuild/protobuf';
import { status, type ServerWritableStream } from '@grpc/grpc-js';

import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
  HealthCheckResponseSchema,
  type HealthCheckRequest,
  type HealthCheckResponse,
} from './generated/health/v1/health_pb.js';
import { defineService, endStream, type Service } from './service.ts';
import { CallError } from './status.ts';

/** How soon watchers are told of a change. */
const WATCH_INTERVAL_MS = 500;

/** The name that stands for the whole server. */
const OVERALL = '';

type Call = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/**
 * @param isServing whether calls should be sent here
 * @param names of the services there are
 */
export function healthService(isServing: () => boolean, names: readonly string[]): Service {
  const known = new Set([OVERALL, ...names]);
  const watchers = new Map<Call, ServingStatus>();
  let timer: NodeJS.Timeout | undefined;

  const current = () => (isServing() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);

  const tell = (call: Call, serving: ServingStatus) => {
    watchers.set(call, serving);
    call.write(create(HealthCheckResponseSchema, { status: serving }));
  };

  const tellChanges = () => {
    const serving = current();
    for (const [call, told] of watchers) {
      if (told !== serving && known.has(call.request.service)) tell(call, serving);
    }
  };

  return defineService(
    Health,
    {
      check({ service }) {
        if (known.has(service)) return { status: current() };
        throw new CallError(status.NOT_FOUND, `Expected the name of a service, got ${JSON.stringify(service)}`);
      },

      list: () => ({ statuses: Object.fromEntries(Array.from(known, (name) => [name, { status: current() }])) }),

      watch(call) {
        tell(call, known.has(call.request.service) ? current() : ServingStatus.SERVICE_UNKNOWN);
        timer ??= setInterval(tellChanges, WATCH_INTERVAL_MS);
        call.once('cancelled', () => {
          watchers.delete(call);
          if (watchers.size > 0) return;
          clearInterval(timer);
          timer = undefined;
        });
      },
    },
    {
      // A server that is only busy is not to be taken for one that is ill.
      atOnce: ['check', 'list'],
      endStreams() {
        tellChanges();
        for (const call of watchers.keys())
          endStream(call, new CallError(status.UNAVAILABLE, 'The server is shutting down'));
      },
    },
  );
}
