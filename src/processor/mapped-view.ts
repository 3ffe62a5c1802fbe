import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { SpanRecord } from '../export/span-record.js';

/**
 * The mapped span as users' own processors and exporters receive it. A literal and no proxy of the
 * raw span: nothing that LiveKit keeps on its span can be reached through it.
 */
export function createMappedView(
  raw: ReadableSpan,
  record: SpanRecord,
  attributes: Attributes,
): ReadableSpan {
  return {
    name: record.name,
    kind: record.kind,
    spanContext: () => record.spanContext,
    ...(record.parentSpanContext && { parentSpanContext: record.parentSpanContext }),
    startTime: record.startTime,
    endTime: record.endTime,
    duration: raw.duration,
    status: record.status,
    attributes,
    links: [...record.links],
    events: record.events.map((event) => ({ ...event })),
    ended: true,
    resource: raw.resource,
    instrumentationScope: raw.instrumentationScope,
    droppedAttributesCount: record.droppedAttributesCount,
    droppedEventsCount: record.droppedEventsCount,
    droppedLinksCount: record.droppedLinksCount,
  };
}
