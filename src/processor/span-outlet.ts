import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { debug, warnOnce } from '../diagnostics.js';
import { CountedOnce, reportsTokens, withoutCounts } from '../integrations/counted-once.js';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import type { SpanWords } from '../mapping/map-span.js';
import type { SpanFacts } from '../mapping/span-input.js';
import type { LateMetrics } from '../metrics/late-metrics.js';
import type { EndedSpan } from '../session/end-report.js';
import { readUsage } from '../session/model-call.js';
import type { SpanNode } from '../session/span-node.js';
import type { MeasuredSpan } from '../session/measured-span.js';
import { NO_WORDS } from './finished-span.js';
import { SpanOnItsWay } from './span-on-its-way.js';
import type { SpanSender } from './span-sender.js';
import { spansToSend, type SpanToSend } from './span-to-send.js';

export interface SpanOutletOptions {
  readonly sender: SpanSender;
  /** Whether spans of this scope are sent. */
  readonly sends: (scopeName: string) => boolean;
  readonly metrics: LateMetrics;
}

/** Where a span leaves the path: it is sent, if it is one to be sent, and what was sent is measured. */
export class SpanOutlet {
  readonly #options: SpanOutletOptions;
  readonly #countedOnce = new CountedOnce();

  constructor(options: SpanOutletOptions) {
    this.#options = options;
  }

  /**
   * Sends a span as what it is mapped to, and answers what that tells the spans above it. A span
   * without a node is not measured: it has been, as incomplete, or began before tracing did.
   */
  send(
    span: ReadableSpan,
    facts: SpanFacts,
    node: SpanNode | undefined,
  ): Omit<EndedSpan, 'attributes'> {
    const { sender, sends } = this.#options;
    let status = span.status;
    let words: SpanWords = NO_WORDS;
    const isSampled = (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
    const isSent = isSampled && sends(span.instrumentationScope.name);
    for (const toSend of spansToSend(span, facts)) {
      status = toSend.record.status;
      if (!isSent) continue;
      const sent = sender.send(span, this.#countOnce(toSend));
      words = sent;
      if (node !== undefined && sent.figures !== undefined) {
        this.#measure(node, new SpanOnItsWay(node, toSend, sent.figures));
      }
    }
    return { status, words, isSent };
  }

  /** LiveKit's own request gives way to a call below it elsewhere (`session/end-report.ts`). */
  #countOnce(toSend: SpanToSend): SpanToSend {
    const { input, record } = toSend;
    const { attributes, kind } = input;
    const gives = this.#countedOnce.end({
      spanId: record.spanContext.spanId,
      parentSpanId: record.parentSpanContext?.spanId,
      kind,
      hasCounts: reportsTokens(Object.keys(attributes)) || (readUsage(attributes)?.input ?? 0) > 0,
    });
    if (!gives || input.scopeName === LIVEKIT_SCOPE_NAME) return toSend;
    const entries = Object.entries(attributes).map(([key, value]) => ({ key, value }));
    const kept = withoutCounts(entries).map(({ key, value }) => [key, value]);
    return {
      record,
      input: { ...input, kind: 'CHAIN', attributes: Object.fromEntries(kept) },
    };
  }

  #measure(node: SpanNode, measured: MeasuredSpan): void {
    try {
      node.session?.tally.add(measured);
      node.job?.tally.add(measured);
      this.#options.metrics.add(measured);
    } catch (error) {
      warnOnce('not_measured', 'A span was sent and could not be measured: metrics miss it.');
      debug(`Measuring failed: ${error instanceof Error ? error.name : typeof error}`);
    }
  }
}
