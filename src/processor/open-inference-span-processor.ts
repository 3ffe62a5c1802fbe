import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { noteNativeSpan } from '../integrations/anthropic/native-spans.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import type { LateMetrics } from '../metrics/late-metrics.js';
import { NO_FACTS } from '../mapping/span-input.js';
import type { EndedSpan } from '../session/end-report.js';
import { HeldSpans, waitsFor, type HeldSpan } from '../session/held-spans.js';
import type { SpanNode } from '../session/span-node.js';
import type { SpanRegistry } from '../session/span-registry.js';
import { asBareSpan } from './bare-span.js';
import type { Delegates } from './delegates.js';
import { asIncompleteSpan } from './incomplete-span.js';
import { NO_WORDS } from './finished-span.js';
import type { SpanOutlet } from './span-outlet.js';

export interface OpenInferenceSpanProcessorOptions {
  readonly registry: SpanRegistry;
  readonly outlet: SpanOutlet;
  /** Processors of the user's own, which hear of a span's start as it is. */
  readonly delegates: Delegates;
  readonly onLiveKitStart: (span: Span) => void;
  readonly metrics: LateMetrics;
  readonly onSessionEnd: () => void;
  /** Told of anything that went wrong on the span path and was kept from the host. */
  readonly onFailure: (error: unknown, span: ReadableSpan) => void;
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
  readonly #held = new HeldSpans();

  constructor(options: OpenInferenceSpanProcessorOptions) {
    this.#options = options;
  }

  onStart(span: Span, parentContext: Context): void {
    const { registry, delegates, metrics, onLiveKitStart, onFailure } = this.#options;
    try {
      const node = registry.start(span, parentContext);
      noteNativeSpan(span, parentContext);
      // A job's session began with the job.
      if (node.livekitName === LiveKitSpan.AGENT_SESSION && node.job === undefined) {
        metrics.sessionStarted(undefined);
      }
      if (span.instrumentationScope.name === LIVEKIT_SCOPE_NAME) onLiveKitStart(span);
    } catch (error) {
      onFailure(error, span);
    }
    delegates.onStart(span, parentContext);
  }

  onEnd(span: ReadableSpan): void {
    if (isLiveKitSession(span)) this.#endSession(span);
    else this.#end(span, false);
  }

  /** Sends what is known of a span that never ended. The span itself stays open and untouched. */
  sendIncomplete(span: ReadableSpan): void {
    this.#end(asIncompleteSpan(span), true);
  }

  /** Sends the spans that have ended and were kept for what another one would say of them. */
  sendHeld(): void {
    for (const held of this.#held.takeAll()) this.#sendHeld(held);
  }

  async forceFlush(): Promise<void> {
    this.sendHeld();
    await this.#options.flush();
  }

  async shutdown(): Promise<void> {
    this.sendHeld();
    await this.#options.close();
  }

  /**
   * The span of an observed session waits for the session's `close` event, which says why it ended:
   * LiveKit emits it right after, in the same go. The end of this go is the latest.
   */
  #endSession(span: ReadableSpan): void {
    let isSent = false;
    const send = (): void => {
      if (isSent) return;
      isSent = true;
      this.#end(span, false);
      this.#options.onSessionEnd();
    };
    const observed = this.#options.registry.openNode(span.spanContext().spanId)?.session?.observed;
    if (observed === undefined) {
      send();
      return;
    }
    observed.awaitClosing(send);
    queueMicrotask(() => observed.settle());
  }

  /** What cannot be read is sent all the same, as if nothing had been set on it. */
  #end(span: ReadableSpan, incomplete: boolean): void {
    try {
      this.#take(span, incomplete);
    } catch (error) {
      this.#options.onFailure(error, span);
      // Reading it threw before anything was sent, so that it is not sent twice.
      attempt(() => this.#take(asBareSpan(span), incomplete));
    }
  }

  #take(span: ReadableSpan, incomplete: boolean): void {
    const { registry } = this.#options;
    const node = registry.openNode(span.spanContext().spanId);
    if (node === undefined) {
      this.#options.outlet.send(span, NO_FACTS, undefined);
      return;
    }
    const awaited = incomplete ? undefined : waitsFor(span, node);
    if (awaited === undefined) {
      const facts = registry.facts(node, span, incomplete);
      this.#report(span, node, this.#options.outlet.send(span, facts, node));
    } else {
      for (const held of this.#held.add({ span, node }, awaited)) this.#sendHeld(held);
      this.#report(span, node, { status: span.status, words: NO_WORDS, isSent: false });
    }
    if (this.#held.isEmpty) return;
    for (const held of this.#held.endedFor(node)) this.#sendHeld(held);
  }

  #report(span: ReadableSpan, node: SpanNode, sent: Omit<EndedSpan, 'attributes'>): void {
    const { registry, onFailure } = this.#options;
    try {
      registry.end(node, { attributes: span.attributes, ...sent });
    } catch (error) {
      onFailure(error, span);
      attempt(() => registry.end(node, { attributes: {}, ...sent }));
    }
  }

  #sendHeld({ span, node }: HeldSpan): void {
    const { registry, onFailure } = this.#options;
    try {
      this.#options.outlet.send(span, registry.facts(node, span, false), node);
    } catch (error) {
      onFailure(error, span);
      const bare = asBareSpan(span);
      attempt(() => this.#options.outlet.send(bare, registry.facts(node, bare, false), node));
    }
  }
}

/** For what is tried after a failure that was told of: another one has nothing to add. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // Not even the span's name and times can be read.
  }
}

function isLiveKitSession(span: ReadableSpan): boolean {
  return (
    span.name === LiveKitSpan.AGENT_SESSION && span.instrumentationScope.name === LIVEKIT_SCOPE_NAME
  );
}
