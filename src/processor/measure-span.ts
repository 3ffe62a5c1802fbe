import { SpanStatusCode } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { SpanNode } from '../relations/span-node.js';
import type { MeasuredSpan } from '../summary/measured-span.js';
import type { SpanFigures } from '../summary/span-figures.js';
import type { SpanToSend } from './span-to-send.js';

/** What summaries and metrics are told of a span on its way out. */
export function measureSpan(
  node: SpanNode,
  { input, record }: SpanToSend,
  figures: SpanFigures,
): MeasuredSpan {
  return {
    name: input.name,
    isLiveKit: node.isLiveKit,
    isBelowModelCall: !node.isLiveKit && node.ancestor(LiveKitSpan.LLM_REQUEST) !== undefined,
    spanContext: record.spanContext,
    durationMillis: hrTimeToMilliseconds(record.endTime) - hrTimeToMilliseconds(record.startTime),
    hasFailed: record.status.code === SpanStatusCode.ERROR,
    facts: input.facts,
    figures,
  };
}
