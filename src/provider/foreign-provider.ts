import type { Context, TracerProvider } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { isRecord } from '../mapping/read-attributes.js';
import { hasMethods } from '../options/option-readers.js';
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

function isSpanProcessor(value: unknown): value is SpanProcessor {
  return hasMethods(value, 'onStart', 'onEnd');
}

function isResource(value: unknown): value is ReadableSpan['resource'] {
  return isRecord(value) && 'attributes' in value;
}

/**
 * Lets the processors of other providers go on receiving LiveKit's raw spans, which went to them
 * before ours was set, with the resource that they had there. A provider is shared with once.
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
    if (processor === undefined) {
      return warnOnce(
        'foreign_provider',
        'Another tracer provider is registered and does not show its span processors: LiveKit spans go to this one alone.',
      );
    }
    target.addRawProcessor({
      onStart: (span, parentContext) => {
        if (isLiveKit(span)) processor.onStart(span, parentContext);
      },
      onEnding: (span) => {
        if (isLiveKit(span)) processor.onEnding?.(span);
      },
      onEnd: (span) => {
        if (isLiveKit(span)) processor.onEnd(asSdk1Span(span, resource));
      },
      // Flushing and closing them is the application's business.
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    });
  };
}

function isLiveKit(span: ReadableSpan): boolean {
  return span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
}

/**
 * A span of this SDK that also answers to the names of SDK 1.x, which an application may still use:
 * `instrumentationLibrary` for the scope, `parentSpanId` for the parent. Its prototype is the original.
 */
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
