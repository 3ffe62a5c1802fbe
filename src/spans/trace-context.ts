import {
  context as contextApi,
  isSpanContextValid,
  propagation,
  trace,
  type Context,
  type TextMapGetter,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { warnOnce } from '../diagnostics.js';
import { isRecord, parseJsonRecord, type JsonRecord } from '../mapping/read-attributes.js';

/**
 * Where a trace context may be: the JSON text of a job's metadata, its parsed object, the headers
 * of a request, or a `traceparent` itself.
 */
export type TraceContextCarrier = string | Readonly<Record<string, unknown>> | null | undefined;

/**
 * Calls a function within the trace that a carrier names, and returns what it returns: spans opened
 * inside, a session's included, join that trace. With it a worker continues the trace of the
 * service that dispatched its job.
 *
 * The carrier is read by the propagator that is registered (`setup()` registers W3C `traceparent`,
 * `tracestate` and `baggage`), and for `traceparent` in any case. A carrier without a trace context
 * changes nothing. One that cannot be read is ignored, with one warning. As OpenTelemetry has it, a
 * trace that its first service does not sample is not recorded here either.
 *
 * @example
 * // dispatcher
 * const carrier = {};
 * propagation.inject(context.active(), carrier);
 * await dispatches.createDispatch(room, 'reception', { metadata: JSON.stringify(carrier) });
 * // worker
 * await withTraceContext(ctx.job.metadata, () => session.start({ agent, room: ctx.room }));
 */
export function withTraceContext<T>(carrier: TraceContextCarrier, fn: () => T): T {
  return contextApi.with(extractContext(carrier), fn);
}

const TRACE_PARENT = 'traceparent';
const W3C = new W3CTraceContextPropagator();

/** The active context, with what the carrier names. A propagator may be the user's, and throw. */
function extractContext(carrier: unknown): Context {
  const active = contextApi.active();
  try {
    const fields = readCarrier(carrier);
    if (fields === undefined) return active;
    const extracted = propagation.extract(active, fields, FIELD_GETTER);
    if (hasOtherTrace(extracted, active)) return extracted;
    const parent = W3C.extract(extracted, fields, FIELD_GETTER);
    if (!hasOtherTrace(parent, active) && FIELD_GETTER.get(fields, TRACE_PARENT) !== undefined) {
      warnUnreadable();
    }
    return parent;
  } catch {
    warnUnreadable();
    return active;
  }
}

function hasOtherTrace(extracted: Context, active: Context): boolean {
  return trace.getSpanContext(extracted) !== trace.getSpanContext(active);
}

function readCarrier(carrier: unknown): JsonRecord | undefined {
  if (isRecord(carrier)) return carrier;
  const text = typeof carrier === 'string' ? carrier.trim() : carrier;
  if (text === undefined || text === null || text === '') return undefined;
  if (typeof text === 'string' && /^[\da-f]{2}-[\da-f]{32}-/i.test(text)) {
    return { [TRACE_PARENT]: text };
  }
  const fields = parseJsonRecord(text);
  if (fields === undefined) warnUnreadable();
  return fields;
}

/** Names of headers have no case; of a list, as Node has it for some headers, the first counts. */
const FIELD_GETTER: TextMapGetter<JsonRecord> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, name) => {
    const key = Object.keys(carrier).find((each) => each.toLowerCase() === name.toLowerCase());
    const value: unknown = key === undefined ? undefined : carrier[key];
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : undefined;
  },
};

function warnUnreadable(): void {
  warnOnce(
    'trace_context',
    'A trace context could not be read and is ignored: it must be a W3C "traceparent", or an object or JSON text that has one.',
  );
}

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
  const active = trace.getSpanContext(contextApi.active());
  if (active === undefined || !isSpanContextValid(active)) return {};
  return {
    trace_id: active.traceId,
    span_id: active.spanId,
    trace_flags: active.traceFlags.toString(16).padStart(2, '0'),
  };
}

/** Marks our mixin, of every copy of this package: a logger needs one. */
const OURS: unique symbol = Symbol.for('catalyst-tracing.log-mixin');

/**
 * Puts `trace_id`, `span_id` and `trace_flags` of the active span on every line of a pino logger and
 * of its children, those that exist and those to come. Called as `addTraceContextToLogs(log())` in the
 * entry function of a LiveKit job, it puts them on LiveKit's own lines too. A field of the same name
 * on a line wins, and a mixin that the logger has goes on working.
 *
 * Works through `pino.symbols`, pino's place for integrations; no method is replaced. Anything but a
 * pino logger is left as it is, with one warning.
 *
 * @returns whether the lines of this logger have the fields now.
 */
export function addTraceContextToLogs(logger: object): boolean {
  const place = mixinPlace(logger);
  if (place === undefined) {
    warnOnce(
      'logger_unknown',
      'addTraceContextToLogs() got no pino logger: its lines have no trace and span ids.',
    );
    return false;
  }
  const before: unknown = Reflect.get(logger, place);
  const isMixin = typeof before === 'function';
  if (isMixin && OURS in before) return true;
  const mixin = (...line: readonly unknown[]): object => ({
    ...(isMixin && before(...line)),
    ...traceContextFields(),
  });
  return Reflect.set(logger, place, Object.assign(mixin, { [OURS]: true }));
}

/** Where pino keeps a logger's mixin, in every version. A child inherits that of its parent. */
function mixinPlace(logger: unknown): symbol | undefined {
  let at: unknown = logger;
  for (; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    const symbols = Object.getOwnPropertySymbols(at);
    const found = symbols.find(({ description }) => description === 'pino.mixin');
    if (found !== undefined) return found;
  }
  return undefined;
}
