import { hrTime, hrTimeDuration } from '@opentelemetry/core';
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { classifyRawKey } from '../privacy/content-keys.js';

/**
 * What can be sent of a span that has not ended, as if it ended now. The span itself is untouched.
 *
 * LiveKit strips what a project keeps home when a span ends, and this one has not: so of LiveKit's
 * spans nothing goes along that could be content.
 */
export function asIncompleteSpan(span: ReadableSpan): ReadableSpan {
  const endTime = hrTime();
  const isLiveKit = span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime,
    duration: hrTimeDuration(span.startTime, endTime),
    status: isLiveKit ? { code: span.status.code } : span.status,
    attributes: isLiveKit ? withoutContent(span.attributes) : span.attributes,
    links: span.links,
    events: isLiveKit ? [] : span.events,
    ended: false,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

function withoutContent(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => classifyRawKey(key) === 'none'),
  );
}
