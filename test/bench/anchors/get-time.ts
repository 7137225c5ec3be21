/** The answer that the bare gRPC servers give: the fields that GetTime's has, made for each call in the simplest way. */
import { create, toBinary } from '@bufbuild/protobuf';

import { ClockState, GetTimeResponseSchema } from '../../../app/grpc/generated/time/v1/time_pb.js';

const BOUND_NS = 10_000_000;

export function encodeTime(): Buffer {
  const epochMs = Date.now();
  const now = new Date(epochMs);
  const timestamp = (ms: number) => ({ seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 });
  const response = create(GetTimeResponseSchema, {
    reading: {
      instant: timestamp(epochMs),
      earliest: timestamp(epochMs - BOUND_NS / 1e6),
      latest: timestamp(epochMs + BOUND_NS / 1e6),
      clock: { state: ClockState.SYNCHRONIZED, bound: { seconds: 0n, nanos: BOUND_NS } },
      tzdb: process.versions['tz'] ?? '',
      zones: [
        {
          zone: 'UTC',
          local: now.toISOString().replace('Z', '000+00:00[UTC]'),
          offset: '+00:00',
          abbreviation: 'UTC',
          dst: false,
          standardOffset: '+00:00',
        },
      ],
    },
  });
  const bytes = toBinary(GetTimeResponseSchema, response);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
