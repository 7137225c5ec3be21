/**
 * OpenTelemetry traces: one span a request. The module is loaded only where an endpoint is configured; the exporter reads
 * OTEL_EXPORTER_OTLP_ENDPOINT and its kin itself, as the OpenTelemetry specification names them.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider, type IdGenerator } from '@opentelemetry/sdk-trace';

import type { TraceParent } from './trace-parent.ts';
import { VERSION } from '../version.ts';

/** How long the end of the service waits for a collector to take the last spans. */
const FLUSH_TIMEOUT_MS = 2000;

/** Records what a request was, once it is answered. */
export interface Tracing extends AsyncDisposable {
  record(span: FinishedRequest): void;
}

export interface FinishedRequest {
  readonly parent: TraceParent;
  /** The route, as the span is named after it. */
  readonly name: string;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** A request that comes with no trace begins one, whose id is the request's. */
class RequestIds implements IdGenerator {
  /** Of the request whose span is started next. */
  traceId = '';
  readonly #random = new RandomIdGenerator();

  generateTraceId(): string {
    return this.traceId;
  }

  generateSpanId(): string {
    return this.#random.generateSpanId();
  }
}

/** @param onLost told why no collector takes the spans, once until one does; the service goes on, and ends, without it */
export function startTracing(onLost: (error: Error) => void): Tracing {
  let isLosing = false;
  const noteOutcome = (error: Error | undefined) => {
    if (error && !isLosing) onLost(error);
    isLosing = error !== undefined;
  };
  const exporter = new OTLPTraceExporter();
  const send = exporter.export.bind(exporter);
  exporter.export = (spans, done) =>
    send(spans, (result) => {
      noteOutcome(result.error);
      done(result);
    });
  const ids = new RequestIds();
  const provider = new TracerProvider({
    idGenerator: ids,
    resource: resourceFromAttributes({ 'service.name': 'time-service', 'service.version': VERSION }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('time-service', VERSION);
  return {
    record({ parent, name, durationMs, failed, attributes }) {
      const { traceId, parentId } = parent;
      const context =
        parentId === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, {
              traceId,
              spanId: parentId,
              traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
              isRemote: true,
            });
      ids.traceId = traceId;
      const endMs = Date.now();
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.SERVER, attributes, startTime: endMs - durationMs },
        context,
      );
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(endMs);
    },
    async [Symbol.asyncDispose]() {
      const silence = delay(FLUSH_TIMEOUT_MS, new Error(`No answer within ${FLUSH_TIMEOUT_MS} ms`), { ref: false });
      const flushed = provider.shutdown().then(
        () => undefined,
        (error: Error) => error,
      );
      const error = await Promise.race([flushed, silence]);
      if (error) noteOutcome(error);
    },
  };
}
