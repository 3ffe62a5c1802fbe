import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type SpanStatus } from '@opentelemetry/api';
import { hrTime, hrTimeDuration } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import { mapSpanKind } from '../mapping/livekit-spans.js';

/** What can be sent of a span that has not ended, as if it ended now. The span itself is untouched. */
export function asIncompleteSpan(span: ReadableSpan): ReadableSpan {
  const endTime = hrTime();
  return {
    ...asBareSpan(span),
    endTime,
    duration: hrTimeDuration(span.startTime, endTime),
    status: span.status,
    attributes: span.attributes,
    links: span.links,
    events: span.events,
    ended: false,
  };
}

/** The span as if nobody had set anything on it: for when what was set cannot be read. */
export function asBareSpan(span: ReadableSpan): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    status: bareStatus(span.status),
    attributes: {},
    links: [],
    events: [],
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

/** What is still sent of a span whose mapping failed: that it was there, and its session. */
export function mapBareSpan(span: ReadableSpan, { sessionId }: MappingContext): MappedSpan {
  const bare = asBareSpan(span);
  const kind = mapSpanKind(bare.name, bare.instrumentationScope.name, {});
  const entries: AttributeEntry[] = [
    { key: SemanticConventions.OPENINFERENCE_SPAN_KIND, value: kind },
  ];
  if (sessionId !== undefined) {
    entries.push({ key: SemanticConventions.SESSION_ID, value: sessionId });
  }
  return new MappedSpan(bare, { entries });
}

function bareStatus({ code }: SpanStatus): SpanStatus {
  return { code: code === SpanStatusCode.ERROR ? code : SpanStatusCode.UNSET };
}
