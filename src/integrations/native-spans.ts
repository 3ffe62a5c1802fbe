import type { Attributes, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { debug } from '../diagnostics.js';
import { nativeSpanAttributes } from './anthropic/native-spans.js';

/** How the spans that an SDK makes by itself are mapped. */
export interface NativeSpanMapper {
  readonly attributes: (attributes: Attributes) => Attributes;
  /** `undefined` leaves the span's own status. */
  readonly status?: (span: ReadableSpan) => SpanStatus | undefined;
}

/** A tracing SDK whose mapper is loaded with the first of its spans: few applications have any. */
interface NativeSpans {
  readonly sdk: string;
  readonly isOne: (span: ReadableSpan) => boolean;
  readonly load: () => Promise<NativeSpanMapper>;
  mapper?: NativeSpanMapper;
  loading?: Promise<void>;
}

const NATIVE_SPANS: readonly NativeSpans[] = [
  {
    sdk: 'aiSdk',
    // Of version 5 and 6, in whatever scope the application's tracer has.
    isOne: ({ attributes }) => attributes['ai.operationId'] !== undefined,
    load: async () => (await import('./ai-sdk/native-spans.js')).AI_SDK_SPANS,
  },
  {
    sdk: 'langsmith',
    // In its OpenTelemetry mode, after `initializeOTEL()`.
    isOne: ({ instrumentationScope }) => instrumentationScope.name === 'langsmith',
    load: async () => (await import('./langsmith/native-spans.js')).LANGSMITH_SPANS,
  },
];

/**
 * Starts to load the mapper of a span, when it starts and needs one that is not there yet. Never
 * rejects: a span whose mapper cannot be loaded is sent with the attributes it has.
 */
export function loadNativeMapper(span: ReadableSpan): Promise<void> | undefined {
  const native = NATIVE_SPANS.find((each) => each.isOne(span));
  return native === undefined || native.mapper !== undefined ? undefined : load(native);
}

/** The same for an SDK that was found: its first spans need not wait then. */
export async function loadMapperOf(sdk: string): Promise<void> {
  const native = NATIVE_SPANS.find((each) => each.sdk === sdk);
  if (native !== undefined) await load(native);
}

function load(native: NativeSpans): Promise<void> {
  native.loading ??= native.load().then(
    (mapper) => void (native.mapper = mapper),
    (error: unknown) => debug(`A mapper was not loaded: ${String(error)}`),
  );
  return native.loading;
}

/** Attributes and status of a span as they are to be mapped: its own, unless an SDK made it. */
export function readNativeSpan(span: ReadableSpan): {
  readonly attributes: Attributes;
  readonly status: SpanStatus | undefined;
} {
  const attributes = nativeSpanAttributes(span);
  const mapper = NATIVE_SPANS.find((each) => each.isOne(span))?.mapper;
  if (mapper === undefined) return { attributes, status: undefined };
  return { attributes: mapper.attributes(attributes), status: mapper.status?.(span) };
}
