import { SpanStatusCode, type SpanContext } from '@opentelemetry/api';
import type { SpanFacts } from '../mapping/span-input.js';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { SpanNode } from '../session/span-node.js';
import type { MeasuredSpan } from '../session/measured-span.js';
import type { SpanFigures } from '../session/span-figures.js';
import type { SpanToSend } from './span-to-send.js';

/** What summaries and metrics are told of a span on its way out; worked out when it is asked. */
export class SpanOnItsWay implements MeasuredSpan {
  readonly figures: SpanFigures;
  readonly #node: SpanNode;
  readonly #sent: SpanToSend;

  constructor(node: SpanNode, sent: SpanToSend, figures: SpanFigures) {
    this.figures = figures;
    this.#node = node;
    this.#sent = sent;
  }

  get name(): string {
    return this.#sent.input.name;
  }

  get facts(): SpanFacts {
    return this.#sent.input.facts;
  }

  get isLiveKit(): boolean {
    return this.#node.isLiveKit;
  }

  get isBelowModelCall(): boolean {
    return !this.isLiveKit && this.#node.ancestor(LiveKitSpan.LLM_REQUEST) !== undefined;
  }

  get spanContext(): SpanContext {
    return this.#sent.record.spanContext;
  }

  get durationMillis(): number {
    const { startTime, endTime } = this.#sent.record;
    // Seconds by themselves: since the epoch they leave a double no room for nanoseconds.
    return (endTime[0] - startTime[0]) * 1e3 + (endTime[1] - startTime[1]) / 1e6;
  }

  get hasFailed(): boolean {
    return this.#sent.record.status.code === SpanStatusCode.ERROR;
  }
}
