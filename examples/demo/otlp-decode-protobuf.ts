import {
  collectAttributes,
  type DecodedAttributes,
  type DecodedEvent,
  type DecodedLink,
  type DecodedSpan,
  type DecodedValue,
} from './otlp-span.js';
import { asBytes, asDouble, asHex, asText, asUnsigned, readFields } from './protobuf-reader.js';

// Field numbers: opentelemetry-proto v1, trace.proto, common.proto and resource.proto.

type FieldReaders = Record<number, (value: bigint | Uint8Array) => void>;

function readMessage(bytes: Uint8Array, readers: FieldReaders): void {
  for (const field of readFields(bytes)) {
    const read = readers[field.number];
    if (read === undefined) throw new Error(`unknown field ${field.number}`);
    read(field.value);
  }
}

function decodeValue(bytes: Uint8Array): DecodedValue {
  let result: DecodedValue = null;
  readMessage(bytes, {
    1: (value) => (result = asText(value)),
    2: (value) => (result = asUnsigned(value) !== 0n),
    3: (value) => (result = Number(BigInt.asIntN(64, asUnsigned(value)))),
    4: (value) => (result = asDouble(value)),
    5: (value) => {
      const items: DecodedValue[] = [];
      readMessage(asBytes(value), { 1: (item) => items.push(decodeValue(asBytes(item))) });
      result = items;
    },
  });
  return result;
}

function decodePair(bytes: Uint8Array): [string, DecodedValue] {
  let key = '';
  let result: DecodedValue = null;
  readMessage(bytes, {
    1: (value) => (key = asText(value)),
    2: (value) => (result = decodeValue(asBytes(value))),
  });
  return [key, result];
}

/** Gathers a repeated `KeyValue` field. */
function attributeReader(): {
  read: (value: bigint | Uint8Array) => void;
  result: () => DecodedAttributes;
} {
  const pairs: [string, DecodedValue][] = [];
  return {
    read: (value) => pairs.push(decodePair(asBytes(value))),
    result: () => collectAttributes(pairs),
  };
}

function decodeEvent(bytes: Uint8Array): DecodedEvent {
  let name = '';
  let timeNanos = 0n;
  let droppedAttributesCount = 0;
  const attributes = attributeReader();
  readMessage(bytes, {
    1: (value) => (timeNanos = asUnsigned(value)),
    2: (value) => (name = asText(value)),
    3: attributes.read,
    4: (value) => (droppedAttributesCount = Number(asUnsigned(value))),
  });
  return { name, timeNanos, attributes: attributes.result(), droppedAttributesCount };
}

function decodeLink(bytes: Uint8Array): DecodedLink {
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let droppedAttributesCount = 0;
  let flags = 0;
  const attributes = attributeReader();
  readMessage(bytes, {
    1: (value) => (traceId = asHex(value)),
    2: (value) => (spanId = asHex(value)),
    3: (value) => (traceState = asText(value)),
    4: attributes.read,
    5: (value) => (droppedAttributesCount = Number(asUnsigned(value))),
    6: (value) => (flags = Number(asUnsigned(value))),
  });
  const result = attributes.result();
  return { traceId, spanId, traceState, attributes: result, droppedAttributesCount, flags };
}

type SpanOwn = Omit<
  DecodedSpan,
  'resourceAttributes' | 'resourceSchemaUrl' | 'scopeName' | 'scopeVersion'
>;

function decodeStatus(bytes: Uint8Array): DecodedSpan['status'] {
  let code = 0;
  let message = '';
  readMessage(bytes, {
    2: (value) => (message = asText(value)),
    3: (value) => (code = Number(asUnsigned(value))),
  });
  return { code, message };
}

/** One `Span` message. */
export function decodeSpanMessage(bytes: Uint8Array): SpanOwn {
  const span = {
    traceId: '',
    spanId: '',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: '',
    kind: 0,
    startNanos: 0n,
    endNanos: 0n,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    status: { code: 0, message: '' },
  };
  const attributes = attributeReader();
  const events: DecodedEvent[] = [];
  const links: DecodedLink[] = [];
  readMessage(bytes, {
    1: (value) => (span.traceId = asHex(value)),
    2: (value) => (span.spanId = asHex(value)),
    3: (value) => (span.traceState = asText(value)),
    4: (value) => (span.parentSpanId = asHex(value)),
    5: (value) => (span.name = asText(value)),
    6: (value) => (span.kind = Number(asUnsigned(value))),
    7: (value) => (span.startNanos = asUnsigned(value)),
    8: (value) => (span.endNanos = asUnsigned(value)),
    9: attributes.read,
    10: (value) => (span.droppedAttributesCount = Number(asUnsigned(value))),
    11: (value) => events.push(decodeEvent(asBytes(value))),
    12: (value) => (span.droppedEventsCount = Number(asUnsigned(value))),
    13: (value) => links.push(decodeLink(asBytes(value))),
    14: (value) => (span.droppedLinksCount = Number(asUnsigned(value))),
    15: (value) => (span.status = decodeStatus(asBytes(value))),
    16: (value) => (span.flags = Number(asUnsigned(value))),
  });
  return { ...span, attributes: attributes.result(), events, links };
}

interface DecodedScope {
  readonly scopeName: string;
  readonly scopeVersion: string;
}

function decodeScope(bytes: Uint8Array): DecodedScope {
  let scopeName = '';
  let scopeVersion = '';
  readMessage(bytes, {
    1: (value) => (scopeName = asText(value)),
    2: (value) => (scopeVersion = asText(value)),
  });
  return { scopeName, scopeVersion };
}

function decodeScopeSpans(bytes: Uint8Array): (SpanOwn & DecodedScope)[] {
  let scope: DecodedScope = { scopeName: '', scopeVersion: '' };
  const spans: SpanOwn[] = [];
  readMessage(bytes, {
    1: (value) => (scope = decodeScope(asBytes(value))),
    2: (value) => spans.push(decodeSpanMessage(asBytes(value))),
    3: (value) => void asText(value),
  });
  return spans.map((span) => ({ ...scope, ...span }));
}

function decodeResourceSpans(bytes: Uint8Array): DecodedSpan[] {
  let resourceAttributes: DecodedAttributes = {};
  let resourceSchemaUrl = '';
  const spans: (SpanOwn & DecodedScope)[] = [];
  readMessage(bytes, {
    1: (value) => {
      const attributes = attributeReader();
      readMessage(asBytes(value), { 1: attributes.read, 2: (count) => void asUnsigned(count) });
      resourceAttributes = attributes.result();
    },
    2: (value) => spans.push(...decodeScopeSpans(asBytes(value))),
    3: (value) => (resourceSchemaUrl = asText(value)),
  });
  return spans.map((span) => ({ resourceAttributes, resourceSchemaUrl, ...span }));
}

/** The spans of an `ExportTraceServiceRequest` in protobuf. */
export function decodeProtobufRequest(body: Uint8Array): DecodedSpan[] {
  const spans: DecodedSpan[] = [];
  readMessage(body, { 1: (value) => spans.push(...decodeResourceSpans(asBytes(value))) });
  return spans;
}
