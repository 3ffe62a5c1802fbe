import { type Attributes, type HrTime, type Link, type SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf } from '../mapping/mapped-span.js';
import { EncodedSpan, type SpanMemory } from './encoded-span.js';
import { ProtobufWriter } from './protobuf-writer.js';

type Scope = ReadableSpan['instrumentationScope'];
type Resource = ReadableSpan['resource'];

// Tags by trace_service.proto, trace.proto, resource.proto and common.proto.
const REQUEST = { resourceSpans: 0x0a } as const;
const RESOURCE_SPANS = { resource: 0x0a, scopeSpans: 0x12, schemaUrl: 0x1a } as const;
const SCOPE_SPANS = { scope: 0x0a, span: 0x12, schemaUrl: 0x1a } as const;
const SCOPE = { name: 0x0a, version: 0x12 } as const;
const RESOURCE = { attribute: 0x0a } as const;
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
  flags: 0x85,
} as const;
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

// `SpanFlags` of trace.proto.
const CONTEXT_HAS_IS_REMOTE = 0x100;
const CONTEXT_IS_REMOTE = 0x200;
/** Length bytes of a span (up to 16 KiB) and of a batch (up to 2 MiB): data seldom moves. */
const SPAN_LENGTH_BYTES = 2;
const BATCH_LENGTH_BYTES = 3;
const NANOS_PER_SECOND = 1_000_000_000n;
const HEX_ID = /^[0-9a-f]*$/i;

/**
 * One `ExportTraceServiceRequest` in protobuf. Concatenated requests are one request again: the
 * repeated fields add up (protobuf, "Encoding", last one wins and merging).
 */
export function serializeSpans(spans: readonly ReadableSpan[]): Uint8Array {
  const writer = new ProtobufWriter(spans.reduce(addExpectedBytes, HEAD_BYTES));
  for (const [resource, scopes] of groupSpans(spans)) {
    const mark = writer.open(REQUEST.resourceSpans, BATCH_LENGTH_BYTES);
    writeResource(writer, resource);
    for (const [scope, ofScope] of scopes) writeScopeSpans(writer, scope, ofScope);
    if (resource.schemaUrl) writer.string(RESOURCE_SPANS.schemaUrl, resource.schemaUrl);
    writer.close(mark, BATCH_LENGTH_BYTES);
  }
  return writer.finish();
}

/** Most resources and scopes; a span without attributes and events. */
const HEAD_BYTES = 1024;
const SPAN_BYTES = 160;
/** A writer that has grown beyond this is not kept for the next span. */
const MAX_KEPT_BYTES = 256 * 1024;
let idleWriter: ProtobufWriter | undefined;

/** The span with its attributes as {@link serializeSpans} writes them. */
export function encodeSpan(span: ReadableSpan, memory: SpanMemory): EncodedSpan {
  const writer = idleWriter ?? new ProtobufWriter();
  // Not idle while it writes: an attribute may be a getter that ends another span.
  idleWriter = undefined;
  writeEntries(writer, span);
  const encoded = memory.keep(span, writer.finish());
  writer.clear();
  if (writer.capacityBytes <= MAX_KEPT_BYTES) idleWriter = writer;
  return encoded;
}

/** A buffer that fits from the start is never copied. */
function addExpectedBytes(sum: number, span: ReadableSpan): number {
  return sum + SPAN_BYTES + (span instanceof EncodedSpan ? span.encodedAttributes.length : 0);
}

/** Whether an id is exactly so many bytes of hexadecimal: a collector refuses a whole request otherwise. */
export function hasValidIds({ traceId, spanId }: SpanContext): boolean {
  return isHexId(traceId, 16) && isHexId(spanId, 8);
}

function isHexId(id: unknown, bytes: number): boolean {
  return typeof id === 'string' && id.length === bytes * 2 && HEX_ID.test(id);
}

type SpansByScope = Map<Scope, ReadableSpan[]>;

/** By the objects: the spans of one tracer share its scope, those of one provider its resource. */
function groupSpans(spans: readonly ReadableSpan[]): ReadonlyMap<Resource, SpansByScope> {
  const groups = new Map<Resource, SpansByScope>();
  for (const span of spans) {
    let scopes = groups.get(span.resource);
    if (scopes === undefined) groups.set(span.resource, (scopes = new Map()));
    const ofScope = scopes.get(span.instrumentationScope);
    if (ofScope === undefined) scopes.set(span.instrumentationScope, [span]);
    else ofScope.push(span);
  }
  return groups;
}

function writeResource(writer: ProtobufWriter, resource: Resource): void {
  const mark = writer.open(RESOURCE_SPANS.resource);
  writeAttributes(writer, RESOURCE.attribute, resource.attributes);
  writer.close(mark);
}

function writeScopeSpans(
  writer: ProtobufWriter,
  { name, version, schemaUrl }: Scope,
  spans: readonly ReadableSpan[],
): void {
  const mark = writer.open(RESOURCE_SPANS.scopeSpans, BATCH_LENGTH_BYTES);
  const scope = writer.open(SCOPE_SPANS.scope);
  writer.string(SCOPE.name, name);
  if (version !== undefined) writer.string(SCOPE.version, version);
  writer.close(scope);
  for (const span of spans) writeSpan(writer, span);
  if (schemaUrl) writer.string(SCOPE_SPANS.schemaUrl, schemaUrl);
  writer.close(mark, BATCH_LENGTH_BYTES);
}

function writeSpan(writer: ProtobufWriter, span: ReadableSpan): void {
  const mark = writer.open(SCOPE_SPANS.span, SPAN_LENGTH_BYTES);
  const context = span.spanContext();
  const parent = span.parentSpanContext;
  writer.hex(SPAN.traceId, context.traceId);
  writer.hex(SPAN.spanId, context.spanId);
  writeTraceState(writer, SPAN.traceState, context);
  if (parent !== undefined && isHexId(parent.spanId, 8)) {
    writer.hex(SPAN.parentSpanId, parent.spanId);
  }
  writer.string(SPAN.name, textOf(span.name));
  writer.varint(SPAN.kind, span.kind + 1); // OTLP keeps 0 for "unspecified", which the API does not know.
  writer.fixed64(SPAN.startTime, unixNanos(span.startTime));
  writer.fixed64(SPAN.endTime, unixNanos(span.endTime));
  if (span instanceof EncodedSpan) writer.raw(span.encodedAttributes);
  else writeEntries(writer, span);
  writeCount(writer, SPAN.droppedAttributesCount, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(writer, event);
  writeCount(writer, SPAN.droppedEventsCount, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writeCount(writer, SPAN.droppedLinksCount, span.droppedLinksCount);
  writeStatus(writer, span.status);
  writer.fixed32(SPAN.flags, flagsOf(context.traceFlags, parent));
  writer.close(mark, SPAN_LENGTH_BYTES);
}

function writeEvent(writer: ProtobufWriter, event: ReadableSpan['events'][number]): void {
  const mark = writer.open(SPAN.event);
  writer.fixed64(EVENT.time, unixNanos(event.time));
  writer.string(EVENT.name, textOf(event.name));
  writeAttributes(writer, EVENT.attribute, event.attributes);
  writeCount(writer, EVENT.droppedAttributesCount, event.droppedAttributesCount);
  writer.close(mark);
}

/** A link to nowhere is left out: a collector would refuse the whole request for its malformed id. */
function writeLink(writer: ProtobufWriter, { context, ...link }: Link): void {
  if (!hasValidIds(context)) return;
  const mark = writer.open(SPAN.link);
  writer.hex(LINK.traceId, context.traceId);
  writer.hex(LINK.spanId, context.spanId);
  writeTraceState(writer, LINK.traceState, context);
  writeAttributes(writer, LINK.attribute, link.attributes);
  writeCount(writer, LINK.droppedAttributesCount, link.droppedAttributesCount);
  writer.fixed32(LINK.flags, flagsOf(context.traceFlags, context));
  writer.close(mark);
}

function writeStatus(writer: ProtobufWriter, { code, message }: ReadableSpan['status']): void {
  const mark = writer.open(SPAN.status);
  if (message !== undefined && message !== '') writer.string(STATUS.message, message);
  writeCount(writer, STATUS.code, code);
  writer.close(mark);
}

function writeTraceState(writer: ProtobufWriter, tag: number, { traceState }: SpanContext): void {
  const serialized = traceState?.serialize() ?? '';
  if (serialized !== '') writer.string(tag, serialized);
}

function writeCount(writer: ProtobufWriter, tag: number, count: number | undefined): void {
  if (count === undefined || !Number.isSafeInteger(count) || count <= 0) return;
  writer.varint(tag, Math.min(count, 0xffffffff));
}

/** The W3C trace flags, and whether the parent, or the linked span, is of another process. */
function flagsOf(traceFlags: number, source: Pick<SpanContext, 'isRemote'> | undefined): number {
  const remote = source?.isRemote === true ? CONTEXT_IS_REMOTE : 0;
  return (traceFlags & 0xff) | CONTEXT_HAS_IS_REMOTE | remote;
}

/** A time that no clock has (negative, not a number) is 0, "unknown" in OTLP. */
function unixNanos([seconds, nanos]: HrTime): bigint {
  if (!Number.isFinite(seconds) || !Number.isFinite(nanos)) return 0n;
  const total = BigInt(Math.trunc(seconds)) * NANOS_PER_SECOND + BigInt(Math.trunc(nanos));
  return total < 0n ? 0n : BigInt.asUintN(64, total);
}

/** JavaScript lets an application name a span or an event by anything. */
function textOf(name: unknown): string {
  return typeof name === 'string' ? name : String(name);
}

function writeEntries(writer: ProtobufWriter, span: ReadableSpan): void {
  for (const { key, value } of entriesOf(span)) writer.attribute(SPAN.attribute, key, value);
}

function writeAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes | undefined,
): void {
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined && value !== null) writer.attribute(tag, key, value);
  }
}
