import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { warnOnce } from '../diagnostics.js';

/**
 * Hands raw spans to processors that join after the provider was built: LiveKit's PII filter and
 * its Cloud exporter, which see them exactly as without us. OpenTelemetry 2.x providers take
 * processors at construction only.
 *
 * A processor that throws neither starves the others nor reaches the code that ends the span. With
 * one exception: what a failed `onEnding` was to strip is unknown, so such a span goes to none of
 * them, as it would go to nobody if the error were thrown on.
 */
export class RawSpanFanout implements SpanProcessor {
  readonly #processors: SpanProcessor[] = [];
  readonly #withheld = new WeakSet<ReadableSpan>();

  add(processor: SpanProcessor): void {
    this.#processors.push(processor);
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#processors) {
      attempt('onStart', () => processor.onStart(span, parentContext));
    }
  }

  onEnding(span: Span): void {
    for (const processor of this.#processors) {
      if (!attempt('onEnding', () => processor.onEnding?.(span))) this.#withheld.add(span);
    }
  }

  onEnd(span: ReadableSpan): void {
    if (this.#withheld.has(span)) return;
    for (const processor of this.#processors) attempt('onEnd', () => processor.onEnd(span));
  }

  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#processors.map(async (processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.allSettled(this.#processors.map(async (processor) => processor.shutdown()));
  }
}

/** Calls a processor of somebody else's and says once when it fails, also when it does so later. */
function attempt(method: 'onStart' | 'onEnding' | 'onEnd', call: () => unknown): boolean {
  try {
    const result = call();
    if (result instanceof Promise) result.catch((error: unknown) => sayFailure(method, error));
    return true;
  } catch (error) {
    sayFailure(method, error);
    return false;
  }
}

function sayFailure(method: string, error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error;
  warnOnce(
    `raw_processor_${method}`,
    `A span processor that was added to the tracer provider failed in ${method}() (${name}): the others go on.`,
  );
}
