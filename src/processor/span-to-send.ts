import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { aiSdkSpanAttributes } from '../integrations/ai-sdk/native-spans.js';
import { nativeSpanAttributes } from '../integrations/anthropic/native-spans.js';
import type { SpanRecord } from '../export/span-record.js';
import { RESPONSE_TEXT } from '../mapping/livekit-span-mapping.js';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { readText } from '../mapping/read-attributes.js';
import { realtimeCallSpanId, splitRealtimeTurn } from '../mapping/realtime-turn.js';
import type { SpanFacts, SpanInput } from '../mapping/span-input.js';
import { mapSpanKind } from '../mapping/span-kind.js';
import { mapSpanStatus } from '../mapping/span-status.js';

/** A span on its way out: what the mapper is told, and everything that is not an attribute. */
export interface SpanToSend {
  readonly input: SpanInput;
  readonly record: SpanRecord;
}

/** The spans that one raw span is sent as: itself, after the call that old LiveKit put on a turn. */
export function spansToSend(raw: ReadableSpan, facts: SpanFacts): readonly SpanToSend[] {
  const realtime = splitRealtimeTurn(raw.name, raw.instrumentationScope.name, raw.attributes);
  if (realtime === undefined) return [spanToSend(raw, raw.name, raw.attributes, facts)];
  return [realtimeCall(raw, realtime.call, facts), spanToSend(raw, raw.name, realtime.turn, facts)];
}

function spanToSend(
  raw: ReadableSpan,
  name: string,
  own: Attributes,
  facts: SpanFacts,
): SpanToSend {
  const scopeName = raw.instrumentationScope.name;
  const attributes = aiSdkSpanAttributes(nativeSpanAttributes(raw, own));
  const kind = mapSpanKind(name, scopeName, attributes);
  const input = { name, scopeName, kind, attributes, facts };
  return {
    input,
    record: {
      name,
      kind: raw.kind,
      spanContext: raw.spanContext(),
      parentSpanContext: parentOf(raw, facts),
      startTime: raw.startTime,
      endTime: raw.endTime,
      status: mapSpanStatus(input, raw.status),
      events: raw.events,
      links: raw.links,
      droppedAttributesCount: raw.droppedAttributesCount,
      droppedEventsCount: raw.droppedEventsCount,
      droppedLinksCount: raw.droppedLinksCount,
    },
  };
}

/**
 * What was opened inside a tool goes below the tool: LiveKit has it beside, under the turn. The span
 * that the application put around a job goes above LiveKit's own of that job.
 */
function parentOf(raw: ReadableSpan, facts: SpanFacts): SpanContext | undefined {
  const { withinTool, belowSpanId, isRoot } = facts;
  if (isRoot) return undefined;
  if (belowSpanId !== undefined) return { ...raw.spanContext(), spanId: belowSpanId };
  const parent = raw.parentSpanContext;
  if (parent === undefined || withinTool?.spanId === undefined) return parent;
  return { ...parent, spanId: withinTool.spanId };
}

function realtimeCall(raw: ReadableSpan, attributes: Attributes, facts: SpanFacts): SpanToSend {
  // What the user said is not on such a turn, and what `facts` has of it is the turn's own.
  const words = { input: undefined, output: readText(raw.attributes, RESPONSE_TEXT) };
  const name = LiveKitSpan.REALTIME_INFERENCE;
  const { input, record } = spanToSend(raw, name, attributes, { ...facts, ...words });
  const turn = raw.spanContext();
  return {
    input,
    record: {
      ...record,
      spanContext: { ...turn, spanId: realtimeCallSpanId(turn.spanId) },
      parentSpanContext: turn,
      events: [],
      links: [],
    },
  };
}
