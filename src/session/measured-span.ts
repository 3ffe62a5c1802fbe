import { SpanStatusCode } from '@opentelemetry/api';
import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import type { SpanNode } from './span-node.js';

/** A span that was sent, as session statistics and metrics read it. */
export class MeasuredSpan {
  readonly span: MappedSpan;
  readonly context: MappingContext;
  readonly isLiveKit: boolean;
  readonly #isBelowModelCall: boolean;

  constructor(span: MappedSpan, context: MappingContext, node: SpanNode) {
    this.span = span;
    this.context = context;
    this.isLiveKit = node.isLiveKit;
    this.#isBelowModelCall =
      !node.isLiveKit && node.ancestor(LiveKitSpan.LLM_REQUEST) !== undefined;
  }

  get name(): string {
    return this.span.name;
  }

  get durationMillis(): number {
    const { startTime, endTime } = this.span;
    // Seconds by themselves: since the epoch they leave a double no room for nanoseconds.
    return (endTime[0] - startTime[0]) * 1e3 + (endTime[1] - startTime[1]) / 1e6;
  }

  get isModelSpan(): boolean {
    return this.text(S.OPENINFERENCE_SPAN_KIND) === OpenInferenceSpanKind.LLM;
  }

  /**
   * Whether it is one call of a model: exactly one span of each call does. Of LiveKit's it
   * is the request that is no adapter's, or the call of a realtime model. An instrumented client's
   * span below LiveKit's counts where its tokens do.
   */
  get isModelCall(): boolean {
    if (this.isLiveKit) {
      if (this.name === LiveKitSpan.LLM_REQUEST) return !this.context.tokensBelow;
      return this.name === LiveKitSpan.REALTIME_INFERENCE;
    }
    if (!this.isModelSpan) return false;
    return !this.#isBelowModelCall || this.has(S.LLM_TOKEN_COUNT_PROMPT);
  }

  /** Its status, as sent, is ERROR. */
  get hasFailed(): boolean {
    return this.span.status.code === SpanStatusCode.ERROR;
  }

  has(key: string): boolean {
    return this.span.get(key) !== undefined;
  }

  number(key: string): number | undefined {
    const value = this.span.get(key);
    return typeof value === 'number' ? value : undefined;
  }

  text(key: string): string | undefined {
    const value = this.span.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  isTrue(key: string): boolean {
    return this.span.get(key) === true;
  }
}
