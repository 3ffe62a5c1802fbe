import type { Context, SpanContext } from '@opentelemetry/api';
import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';

// OpenTelemetry SDK 1.x, which LiveKit uses up to 1.5, has two other names on its spans:
// `instrumentationLibrary` for the scope and `parentSpanId` for the parent.

/** A span of this SDK that also answers to the names of SDK 1.x. It stands behind the original. */
export function asSdk1Span(
  span: ReadableSpan,
  resource: ReadableSpan['resource'] = span.resource,
): ReadableSpan {
  const view: ReadableSpan = Object.create(span, {
    instrumentationLibrary: { value: span.instrumentationScope, enumerable: true },
    parentSpanId: { value: span.parentSpanContext?.spanId, enumerable: true },
    resource: { value: resource, enumerable: true },
  });
  return view;
}

/** Hands this provider's spans to a processor that was built for SDK 1.x. */
export class Sdk1ProcessorAdapter implements SpanProcessor {
  readonly #processor: SpanProcessor;

  constructor(processor: SpanProcessor) {
    this.#processor = processor;
  }

  // Both give back what they are given: a processor may be async against its type.

  onStart(span: Span, parentContext: Context): void {
    return this.#processor.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    // A provider of SDK 1.x, the application's own perhaps, has them already.
    return this.#processor.onEnd(isSdk1Span(span) ? span : asSdk1Span(span));
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}

/** What SDK 1.x calls a span, as far as it differs. */
export interface Sdk1Span {
  readonly instrumentationLibrary: ReadableSpan['instrumentationScope'];
  readonly parentSpanId?: string;
  spanContext(): SpanContext;
}

export function isSdk1Span(value: unknown): value is Sdk1Span {
  return (
    typeof value === 'object' &&
    value !== null &&
    'instrumentationLibrary' in value &&
    'spanContext' in value &&
    !('instrumentationScope' in value)
  );
}

/** Listens on a provider of SDK 1.x for a processor of this SDK. It only reads: closing is not its. */
export class Sdk1Listener {
  readonly #processor: SpanProcessor;
  readonly #started = new WeakSet<object>();

  constructor(processor: SpanProcessor) {
    this.#processor = processor;
  }

  /** Also called by hand for a span that had started before this was added. */
  onStart(span: unknown, parentContext: Context): void {
    if (!isSdk1Span(span) || this.#started.has(span)) return;
    this.#started.add(span);
    this.#processor.onStart(fromSdk1Span(span), parentContext);
  }

  onEnd(span: unknown): void {
    if (isSdk1Span(span)) this.#processor.onEnd(fromSdk1Span(span));
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** The span under the names of this SDK. Nothing that 2.x added and this package reads is missing. */
function fromSdk1Span(span: Sdk1Span): Span {
  const { traceId } = span.spanContext();
  const { parentSpanId } = span;
  const view: Span = Object.create(span, {
    instrumentationScope: { value: span.instrumentationLibrary, enumerable: true },
    parentSpanContext: {
      value:
        parentSpanId === undefined
          ? undefined
          : { traceId, spanId: parentSpanId, traceFlags: TraceFlags.SAMPLED },
      enumerable: true,
    },
  });
  return view;
}
