/**
 * OpenTelemetry traces: one span a request. The module is loaded only where an endpoint is configured; the exporter reads
 * OTEL_EXPORTER_OTLP_ENDPOINT and its kin itself, as the OpenTelemetry specification names them.
 */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

import type { TraceParent } from './trace-parent.ts';
import { VERSION } from '../version.ts';

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

/** @param onLost told of what no collector took in the end, which must not keep the service from ending well */
export function startTracing(onLost: (error: Error) => void): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'time-service', 'service.version': VERSION }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
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
      const endMs = Date.now();
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.SERVER, attributes, startTime: endMs - durationMs },
        context,
      );
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(endMs);
    },
    [Symbol.asyncDispose]: () => provider.shutdown().catch(onLost),
  };
}
