/**
 * Which status an error has: the one place where the domain's errors meet gRPC's codes. A bad request is told whole, as
 * google.rpc.BadRequest with a violation for each field, in the trailer that gRPC's rich errors are carried in.
 * https://grpc.io/docs/guides/error/#richer-error-model
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Metadata, status, type StatusObject } from '@grpc/grpc-js';

import { BadRequestSchema } from './generated/google/rpc/error_details_pb.js';
import { StatusSchema } from './generated/google/rpc/status_pb.js';
import type { ExpectationError } from '../zones/expectation.ts';

/** Carries a google.rpc.Status; the key is the protocol's. */
const DETAILS_KEY = 'grpc-status-details-bin';

/** One field that is not what was expected. */
export interface FieldViolation {
  /** Its path in the request, in the proto's names: `zones[2]`. */
  readonly field: string;
  readonly error: ExpectationError;
}

/**
 * How many fields an error tells of. Each stands in its trailers three times, and many clients drop trailers of more than
 * 8 KiB, with the status in them: so many fit, whatever was sent.
 */
const MOST_TOLD = 5;

/** A request whose fields are not what was expected; its message names the first of them. */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly code: status;
  readonly violations: readonly FieldViolation[];

  constructor(code: status, violations: readonly FieldViolation[]) {
    const told = violations.slice(0, MOST_TOLD).map(({ field, error }) => `${field}: ${error.message}`);
    const untold = violations.length - told.length;
    super([...told, ...(untold > 0 ? [`and ${untold} more`] : [])].join('; '));
    this.code = code;
    this.violations = violations;
  }
}

/** A call that is refused for another reason than its fields. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** The status that tells of an error. What this service does not foresee is INTERNAL and says nothing of it. */
export function describeError(error: unknown): StatusObject {
  if (error instanceof FieldError) return withDetails(error);
  const metadata = new Metadata();
  if (error instanceof CallError) return { code: error.code, details: error.message, metadata };
  return { code: status.INTERNAL, details: 'The service failed to answer; the failure is in its log', metadata };
}

function withDetails({ code, message, violations }: FieldError): StatusObject {
  const badRequest = create(BadRequestSchema, {
    fieldViolations: violations.slice(0, MOST_TOLD).map(({ field, error }) => ({ field, description: error.message })),
  });
  const rich = create(StatusSchema, { code, message, details: [anyPack(BadRequestSchema, badRequest)] });
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, Buffer.from(toBinary(StatusSchema, rich)));
  return { code, details: message, metadata };
}
