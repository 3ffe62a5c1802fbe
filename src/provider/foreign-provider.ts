import type { Context, TracerProvider } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { isRecord } from '../mapping/read-attributes.js';
import { warnOnce } from '../diagnostics.js';

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
 * Lets the processors of other providers go on receiving LiveKit's spans, which went to them before
 * ours was set. A provider is shared with once.
 */
export function createForeignSharing(
  own: TracerProvider,
  target: { addRawProcessor(processor: SpanProcessor): void },
): (foreign: TracerProvider) => void {
  const known = new WeakSet<TracerProvider>([own]);
  return (foreign) => {
    if (known.has(foreign)) return;
    known.add(foreign);
    const { processor, resource } = readForeignProvider(foreign);
    if (processor !== undefined) target.addRawProcessor(new ForeignForwarder(processor, resource));
    else {
      warnOnce(
        'foreign_provider',
        'Another tracer provider is registered and does not show its span processors: LiveKit spans go to this one alone.',
      );
    }
  };
}

/**
 * Hands LiveKit's raw spans on to the application's own processors, which received them before
 * our provider was set. They keep the resource they had there.
 */
class ForeignForwarder implements SpanProcessor {
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
    if (isLiveKit(span)) this.#processor.onEnd(asSdk1Span(span, this.#resource));
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

function isSpanProcessor(value: unknown): value is SpanProcessor {
  return (
    isRecord(value) &&
    typeof value['onStart'] === 'function' &&
    typeof value['onEnd'] === 'function'
  );
}

function isResource(value: unknown): value is ReadableSpan['resource'] {
  return isRecord(value) && 'attributes' in value;
}

// OpenTelemetry SDK 1.x, which an application may still use, has two other names on its spans:
// `instrumentationLibrary` for the scope and `parentSpanId` for the parent.

/** A span of this SDK that also answers to the names of SDK 1.x. Its prototype is the original. */
function asSdk1Span(
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

  // Both return what the processor returns: it may be async against its type.

  onStart(span: Span, parentContext: Context): void {
    return this.#processor.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    // A provider of SDK 1.x, the application's own perhaps, has them already.
    return this.#processor.onEnd('instrumentationLibrary' in span ? span : asSdk1Span(span));
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}
