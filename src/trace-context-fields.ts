import { context, isSpanContextValid, trace } from '@opentelemetry/api';

/** Which span a line of a log belongs to, under the names that OpenTelemetry gives these fields. */
export interface TraceContextFields {
  readonly trace_id?: string;
  readonly span_id?: string;
  /** Two hexadecimal digits; `01` is sampled. */
  readonly trace_flags?: string;
}

/**
 * Trace and span id of the active span, for a log: as the `mixin` of a pino logger of your own, or in
 * the format of any other. Empty where no span is active. For LiveKit's logger there is
 * `addTraceContextToLogs`.
 */
export function traceContextFields(): TraceContextFields {
  const active = trace.getSpanContext(context.active());
  if (active === undefined || !isSpanContextValid(active)) return {};
  return {
    trace_id: active.traceId,
    span_id: active.spanId,
    trace_flags: active.traceFlags.toString(16).padStart(2, '0'),
  };
}
