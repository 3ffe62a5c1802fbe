import { TraceFlags, type Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import { NO_FACTS } from '../mapping/span-input.js';
import type { SpanRegistry } from '../relations/span-registry.js';
import { asIncompleteSpan } from './incomplete-span.js';
import { NO_WORDS, type SpanSender } from './span-sender.js';
import { spansToSend } from './span-to-send.js';

export interface OpenInferenceSpanProcessorOptions {
  readonly registry: SpanRegistry;
  readonly sender: SpanSender;
  /** Processors of the user's own, which hear of a span's start as it is. */
  readonly delegates: readonly SpanProcessor[];
  /** Whether spans of this scope are sent. */
  readonly sends: (scopeName: string) => boolean;
  readonly onLiveKitStart: (span: Span) => void;
  readonly onSessionEnd: () => void;
  /** Told of anything that went wrong on the span path and was kept from the host. */
  readonly onFailure: (error: unknown) => void;
  readonly flush: () => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

/**
 * The span path: what the spans around say → map → redact → encode → queue, all in `onEnd`, when
 * LiveKit has stripped what may not leave (`onEnding`). The raw span is read and never written, and
 * nothing is thrown into the code that started or ended it.
 */
export class OpenInferenceSpanProcessor implements SpanProcessor {
  readonly #options: OpenInferenceSpanProcessorOptions;

  constructor(options: OpenInferenceSpanProcessorOptions) {
    this.#options = options;
  }

  onStart(span: Span, parentContext: Context): void {
    const { registry, delegates, onLiveKitStart, onFailure } = this.#options;
    try {
      registry.start(span, parentContext);
      if (span.instrumentationScope.name === LIVEKIT_SCOPE_NAME) onLiveKitStart(span);
      for (const delegate of delegates) delegate.onStart(span, parentContext);
    } catch (error) {
      onFailure(error);
    }
  }

  onEnd(span: ReadableSpan): void {
    this.#end(span, false);
    if (isLiveKitSession(span)) this.#options.onSessionEnd();
  }

  /** Sends what is known of a span that never ended. The span itself stays open and untouched. */
  sendIncomplete(span: ReadableSpan): void {
    this.#end(asIncompleteSpan(span), true);
  }

  async forceFlush(): Promise<void> {
    await this.#options.flush();
  }

  async shutdown(): Promise<void> {
    await this.#options.close();
  }

  #end(span: ReadableSpan, incomplete: boolean): void {
    const { registry, sender, sends, onFailure } = this.#options;
    const { spanId, traceFlags } = span.spanContext();
    let status = span.status;
    let words = NO_WORDS;
    try {
      const facts = registry.facts(span, incomplete) ?? NO_FACTS;
      const isSent =
        (traceFlags & TraceFlags.SAMPLED) !== 0 && sends(span.instrumentationScope.name);
      for (const toSend of spansToSend(span, facts)) {
        if (isSent) words = sender.send(span, toSend);
        status = toSend.record.status;
      }
    } catch (error) {
      onFailure(error);
    }
    registry.end(spanId, { attributes: span.attributes, status, words });
  }
}

function isLiveKitSession(span: ReadableSpan): boolean {
  return (
    span.name === LiveKitSpan.AGENT_SESSION && span.instrumentationScope.name === LIVEKIT_SCOPE_NAME
  );
}
