import { toUSVString } from 'node:util';
import type { Link } from '@opentelemetry/api';
import { jsonAttributes, type JsonKeyValue } from './json-attributes.js';
import { isHexId, SPAN_ID_BYTES, spanFlags, TRACE_ID_BYTES } from './span-context.js';
import type { EventRecord, SpanRecord } from './span-record.js';
import { unixNanos } from './unix-nanos.js';

function jsonEvent(event: EventRecord): object {
  return {
    timeUnixNano: unixNanos(event.time).toString(),
    name: toUSVString(event.name),
    attributes: jsonAttributes(event.attributes),
    droppedAttributesCount: event.droppedAttributesCount ?? 0,
  };
}

function jsonLinks(links: readonly Link[]): object[] {
  return links
    .filter(
      // As in protobuf: a link to a malformed id would cost the whole request.
      ({ context }) =>
        isHexId(context.traceId, TRACE_ID_BYTES) && isHexId(context.spanId, SPAN_ID_BYTES),
    )
    .map(({ context, attributes, droppedAttributesCount }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      traceState: context.traceState?.serialize(),
      attributes: jsonAttributes(attributes),
      droppedAttributesCount: droppedAttributesCount ?? 0,
      flags: spanFlags(context.traceFlags, context),
    }));
}

/** The `Span` object of OTLP/JSON. Throws when the span's own ids are malformed. */
export function jsonSpan(record: SpanRecord, attributes: readonly JsonKeyValue[]): object {
  const { spanContext, parentSpanContext, status } = record;
  if (
    !isHexId(spanContext.traceId, TRACE_ID_BYTES) ||
    !isHexId(spanContext.spanId, SPAN_ID_BYTES)
  ) {
    throw new TypeError('The trace id or span id of a span is not valid hex.');
  }
  const parentSpanId = parentSpanContext?.spanId;
  return {
    traceId: spanContext.traceId,
    spanId: spanContext.spanId,
    traceState: spanContext.traceState?.serialize(),
    parentSpanId: isHexId(parentSpanId, SPAN_ID_BYTES) ? parentSpanId : undefined,
    flags: spanFlags(spanContext.traceFlags, parentSpanContext),
    name: toUSVString(record.name),
    kind: record.kind + 1, // OTLP keeps 0 for "unspecified", which the API doesn't know.
    startTimeUnixNano: unixNanos(record.startTime).toString(),
    endTimeUnixNano: unixNanos(record.endTime).toString(),
    attributes,
    droppedAttributesCount: record.droppedAttributesCount,
    events: record.events.map(jsonEvent),
    droppedEventsCount: record.droppedEventsCount,
    links: jsonLinks(record.links),
    droppedLinksCount: record.droppedLinksCount,
    status: {
      code: status.code,
      message: status.message === undefined ? undefined : toUSVString(status.message),
    },
  };
}
