import { SpanStatusCode, type HrTime, type Link } from '@opentelemetry/api';
import { putFixed32 } from './fixed32.js';
import { writeAttributes } from './protobuf-attributes.js';
import type { ProtobufWriter } from './protobuf-writer.js';
import { SPAN_ID_BYTES, spanFlags, TRACE_ID_BYTES } from './span-context.js';
import type { EventRecord, SpanRecord } from './span-record.js';
import { putUnixNanos } from './unix-nanos.js';

// Tag bytes: (field number << 3) | wire type, by trace.proto.
const SPAN = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  startTime: 0x39,
  endTime: 0x41,
  attribute: 0x4a,
  droppedAttributesCount: 0x50,
  event: 0x5a,
  droppedEventsCount: 0x60,
  link: 0x6a,
  droppedLinksCount: 0x70,
  status: 0x7a,
} as const;
/** Field 16, fixed32: the one field whose tag takes two bytes. */
const SPAN_FLAGS_TAG = 0x85;
const SPAN_FLAGS_TAG_REST = 0x01;
const EVENT = { time: 0x09, name: 0x12, attribute: 0x1a, droppedAttributesCount: 0x20 } as const;
const LINK = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  attribute: 0x22,
  droppedAttributesCount: 0x28,
  flags: 0x35,
} as const;
const STATUS = { message: 0x12, code: 0x18 } as const;

const UNSET_STATUS = Uint8Array.of(SPAN.status, 0);
const TIME_BYTES = 9;

/** Tag byte of `Span.attributes`. */
export const SPAN_ATTRIBUTE_TAG: number = SPAN.attribute;

function writeCount(writer: ProtobufWriter, tag: number, count: number | undefined): void {
  if (count === undefined || !Number.isSafeInteger(count) || count <= 0) return;
  writer.byte(tag);
  writer.varint(Math.min(count, 0xffffffff));
}

function writeTraceState(writer: ProtobufWriter, tag: number, serialized: string | undefined) {
  if (serialized !== undefined && serialized !== '') writer.string(tag, serialized);
}

function writeTime(writer: ProtobufWriter, tag: number, time: HrTime): void {
  const at = writer.reserve(TIME_BYTES);
  writer.bytes[at] = tag;
  writer.position = putUnixNanos(writer.bytes, at + 1, time);
}

function writeEvent(writer: ProtobufWriter, event: EventRecord): void {
  const mark = writer.open(SPAN.event);
  writeTime(writer, EVENT.time, event.time);
  writer.string(EVENT.name, event.name);
  writeAttributes(writer, EVENT.attribute, event.attributes);
  writeCount(writer, EVENT.droppedAttributesCount, event.droppedAttributesCount);
  writer.close(mark);
}

function writeLink(writer: ProtobufWriter, { context, ...link }: Link): void {
  const traceState = context.traceState?.serialize();
  const start = writer.position;
  const mark = writer.open(SPAN.link);
  const written =
    writer.hex(LINK.traceId, context.traceId, TRACE_ID_BYTES) &&
    writer.hex(LINK.spanId, context.spanId, SPAN_ID_BYTES);
  if (!written) {
    // A link to nowhere: a collector would refuse the whole request for its malformed id.
    writer.rewind(start);
    return;
  }
  writeTraceState(writer, LINK.traceState, traceState);
  writeAttributes(writer, LINK.attribute, link.attributes);
  writeCount(writer, LINK.droppedAttributesCount, link.droppedAttributesCount);
  const at = writer.reserve(5);
  writer.bytes[at] = LINK.flags;
  writer.position = putFixed32(writer.bytes, at + 1, spanFlags(context.traceFlags, context));
  writer.close(mark);
}

function writeStatus(writer: ProtobufWriter, status: SpanRecord['status']): void {
  if (status.code === SpanStatusCode.UNSET && status.message === undefined) {
    writer.raw(UNSET_STATUS);
    return;
  }
  const mark = writer.open(SPAN.status);
  if (status.message !== undefined && status.message !== '') {
    writer.string(STATUS.message, status.message);
  }
  writeCount(writer, STATUS.code, status.code);
  writer.close(mark);
}

/** Kind and times, which have the same size on every span: room is asked for once. */
function writeTimes(writer: ProtobufWriter, { kind, startTime, endTime }: SpanRecord): void {
  let at = writer.reserve(2 + 2 * TIME_BYTES);
  const { bytes } = writer;
  bytes[at++] = SPAN.kind;
  bytes[at++] = kind + 1; // OTLP keeps 0 for "unspecified", which the API doesn't know.
  bytes[at++] = SPAN.startTime;
  at = putUnixNanos(bytes, at, startTime);
  bytes[at++] = SPAN.endTime;
  writer.position = putUnixNanos(bytes, at, endTime);
}

function writeFlags(writer: ProtobufWriter, flags: number): void {
  const at = writer.reserve(6);
  const { bytes } = writer;
  bytes[at] = SPAN_FLAGS_TAG;
  bytes[at + 1] = SPAN_FLAGS_TAG_REST;
  writer.position = putFixed32(bytes, at + 2, flags);
}

/** Writes the fields of a `Span` message except its attributes. Throws when the span's own ids are malformed. */
export function writeSpanFields(writer: ProtobufWriter, record: SpanRecord): void {
  const { spanContext, parentSpanContext } = record;
  const identified =
    writer.hex(SPAN.traceId, spanContext.traceId, TRACE_ID_BYTES) &&
    writer.hex(SPAN.spanId, spanContext.spanId, SPAN_ID_BYTES);
  if (!identified) throw new TypeError('The trace id or span id of a span is not valid hex.');
  writeTraceState(writer, SPAN.traceState, spanContext.traceState?.serialize());
  if (parentSpanContext !== undefined) {
    writer.hex(SPAN.parentSpanId, parentSpanContext.spanId, SPAN_ID_BYTES);
  }
  writer.string(SPAN.name, record.name);
  writeTimes(writer, record);
  writeCount(writer, SPAN.droppedAttributesCount, record.droppedAttributesCount);
  for (const event of record.events) writeEvent(writer, event);
  writeCount(writer, SPAN.droppedEventsCount, record.droppedEventsCount);
  for (const link of record.links) writeLink(writer, link);
  writeCount(writer, SPAN.droppedLinksCount, record.droppedLinksCount);
  writeStatus(writer, record.status);
  writeFlags(writer, spanFlags(spanContext.traceFlags, parentSpanContext));
}
