import type { SpanContext } from '@opentelemetry/api';
import type { SpanFacts } from '../mapping/span-input.js';
import type { SpanFigures } from './span-figures.js';

/** A span that was sent, as summaries and metrics see it: figures, and never a word of anybody. */
export interface MeasuredSpan {
  readonly name: string;
  readonly isLiveKit: boolean;
  /** Whether a model call of LiveKit's stands above it: that one has the call's duration. */
  readonly isBelowModelCall: boolean;
  readonly spanContext: SpanContext;
  readonly durationMillis: number;
  /** Its status, as sent, is ERROR. */
  readonly hasFailed: boolean;
  readonly facts: SpanFacts;
  readonly figures: SpanFigures;
}
