import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/**
 * Hands raw spans to processors that join after the provider was built: LiveKit's PII filter and
 * its Cloud exporter, which see them exactly as without us. OpenTelemetry 2.x providers take
 * processors at construction only.
 */
export class RawSpanFanout implements SpanProcessor {
  readonly #processors: SpanProcessor[] = [];

  add(processor: SpanProcessor): void {
    this.#processors.push(processor);
  }

  onStart(span: Span, parentContext: Context): void {
    for (const processor of this.#processors) processor.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    for (const processor of this.#processors) processor.onEnding?.(span);
  }

  onEnd(span: ReadableSpan): void {
    for (const processor of this.#processors) processor.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await Promise.allSettled(this.#processors.map((processor) => processor.forceFlush()));
  }

  async shutdown(): Promise<void> {
    await Promise.allSettled(this.#processors.map((processor) => processor.shutdown()));
  }
}
