/**
 * Which request this is. A caller that traces says so in `traceparent` (W3C Trace Context), and its trace id is the
 * request's id; otherwise one is made, of a random part for the process and a count, which costs next to nothing.
 */
import { randomBytes } from 'node:crypto';

export interface TraceParent {
  /** 32 hexadecimal digits: the id that logs and answers carry. */
  readonly traceId: string;
  /** The caller's span, where there is one. */
  readonly parentId?: string;
  readonly sampled?: boolean;
}

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})/;
const SAMPLED = 1;

const processPart = randomBytes(10).toString('hex');
let count = 0;

export function readTraceParent(header: string | undefined): TraceParent {
  const match = header === undefined ? null : TRACEPARENT.exec(header);
  if (match?.[1] && match[2] && match[3]) {
    return { traceId: match[1], parentId: match[2], sampled: (parseInt(match[3], 16) & SAMPLED) !== 0 };
  }
  count += 1;
  return { traceId: processPart + count.toString(16).padStart(12, '0') };
}
