import type { Context, TracerProvider } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { warnOnce } from '../diagnostics.js';
import { asSdk1Span } from './sdk-1-spans.js';

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
 * LiveKit was told of ours. A provider is shared with once.
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
