import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes, type SpanStatus } from '@opentelemetry/api';
import { hrTime, hrTimeDuration } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import { mapSpanKind } from '../mapping/livekit-spans.js';
import { classifyRawKey } from '../privacy/content-keys.js';

/**
 * What can be sent of a span that has not ended, as if it ended now. The span itself is untouched.
 *
 * LiveKit strips what a project keeps home when a span ends, and this one has not. So of LiveKit's
 * spans nothing is sent that could be content.
 */
export function asIncompleteSpan(span: ReadableSpan): ReadableSpan {
  const endTime = hrTime();
  const isLiveKit = span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
  return {
    ...asBareSpan(span),
    endTime,
    duration: hrTimeDuration(span.startTime, endTime),
    status: isLiveKit ? { code: span.status.code } : span.status,
    attributes: isLiveKit ? withoutContent(span.attributes) : span.attributes,
    links: span.links,
    events: isLiveKit ? [] : span.events,
    ended: false,
  };
}

function withoutContent(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => classifyRawKey(key) === 'none'),
  );
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
