import type { Context, TracerProvider } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';

/** What an application's own provider is asked for. */
export interface ForeignProvider {
  /** Its span processors, as one; `undefined` when the provider does not show them. */
  readonly processor: SpanProcessor | undefined;
  readonly resource: ReadableSpan['resource'] | undefined;
}

/**
 * The span processors of a provider that the application registered before us. OpenTelemetry has no
 * public way to them: 2.x keeps them as `_activeSpanProcessor`, 1.x as `activeSpanProcessor`. A
 * provider of another make has neither, and its exporter then misses LiveKit's spans.
 */
export function readForeignProvider(provider: TracerProvider): ForeignProvider {
  const processor: unknown =
    Reflect.get(provider, '_activeSpanProcessor') ?? Reflect.get(provider, 'activeSpanProcessor');
  const resource: unknown = Reflect.get(provider, '_resource') ?? Reflect.get(provider, 'resource');
  return {
    processor: isSpanProcessor(processor) ? processor : undefined,
    resource: isResource(resource) ? resource : undefined,
  };
}

/**
 * Hands LiveKit's raw spans on to the application's own processors, which received them before
 * LiveKit was told of our provider. They keep the resource they had there.
 */
export class ForeignForwarder implements SpanProcessor {
  readonly #processor: SpanProcessor;
  readonly #resource: ReadableSpan['resource'] | undefined;

  constructor(processor: SpanProcessor, resource: ReadableSpan['resource'] | undefined) {
    this.#processor = processor;
    this.#resource = resource;
  }

  onStart(span: Span, parentContext: Context): void {
    if (isLiveKit(span)) this.#processor.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    if (isLiveKit(span)) this.#processor.onEnding?.(span);
  }

  onEnd(span: ReadableSpan): void {
    if (isLiveKit(span)) this.#processor.onEnd(withResource(span, this.#resource));
  }

  /** Flushing and closing them is the application's business. */
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

function isLiveKit(span: ReadableSpan): boolean {
  return span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
}

/**
 * The span under the application's resource. It stands behind the original, so that a processor
 * which compares or looks things up by span still can; OpenTelemetry 1.x's two names come along.
 */
function withResource(
  span: ReadableSpan,
  resource: ReadableSpan['resource'] | undefined,
): ReadableSpan {
  const view: ReadableSpan = Object.create(span, {
    instrumentationLibrary: { value: span.instrumentationScope, enumerable: true },
    parentSpanId: { value: span.parentSpanContext?.spanId, enumerable: true },
    ...(resource && { resource: { value: resource, enumerable: true } }),
  });
  return view;
}

function isSpanProcessor(value: unknown): value is SpanProcessor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'onStart' in value &&
    typeof value.onStart === 'function' &&
    'onEnd' in value &&
    typeof value.onEnd === 'function'
  );
}

function isResource(value: unknown): value is ReadableSpan['resource'] {
  return typeof value === 'object' && value !== null && 'attributes' in value;
}
