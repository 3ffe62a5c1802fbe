import { attributeReader, readMessage } from './decode-protobuf-attributes.js';
import type {
  DecodedAttributes,
  DecodedEvent,
  DecodedLink,
  DecodedSpan,
  OnOddity,
} from './otlp-span.js';
import { asBytes, asCount, asHex, asText, asUnsigned } from './protobuf-fields.js';

// Field numbers: opentelemetry-proto v1, trace.proto, common.proto and resource.proto.

function decodeEvent(bytes: Uint8Array, odd: OnOddity): DecodedEvent {
  let name = '';
  let timeNanos = 0n;
  let droppedAttributesCount = 0;
  const attributes = attributeReader(odd);
  readMessage(bytes, odd, {
    1: (value) => (timeNanos = asUnsigned(value)),
    2: (value) => (name = asText(value)),
    3: attributes.read,
    4: (value) => (droppedAttributesCount = asCount(value)),
  });
  return { name, timeNanos, attributes: attributes.result(), droppedAttributesCount };
}

function decodeLink(bytes: Uint8Array, odd: OnOddity): DecodedLink {
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let droppedAttributesCount = 0;
  let flags = 0;
  const attributes = attributeReader(odd);
  readMessage(bytes, odd, {
    1: (value) => (traceId = asHex(value)),
    2: (value) => (spanId = asHex(value)),
    3: (value) => (traceState = asText(value)),
    4: attributes.read,
    5: (value) => (droppedAttributesCount = asCount(value)),
    6: (value) => (flags = asCount(value)),
  });
  const result = attributes.result();
  return { traceId, spanId, traceState, attributes: result, droppedAttributesCount, flags };
}

type SpanOwn = Omit<
  DecodedSpan,
  'resourceAttributes' | 'resourceSchemaUrl' | 'scopeName' | 'scopeVersion'
>;

function decodeStatus(bytes: Uint8Array, odd: OnOddity): DecodedSpan['status'] {
  let code = 0;
  let message = '';
  readMessage(bytes, odd, {
    2: (value) => (message = asText(value)),
    3: (value) => (code = asCount(value)),
  });
  return { code, message };
}

/** One `Span` message. */
function decodeSpanMessage(bytes: Uint8Array, odd: OnOddity): SpanOwn {
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
  const attributes = attributeReader(odd);
  const events: DecodedEvent[] = [];
  const links: DecodedLink[] = [];
  readMessage(bytes, odd, {
    1: (value) => (span.traceId = asHex(value)),
    2: (value) => (span.spanId = asHex(value)),
    3: (value) => (span.traceState = asText(value)),
    4: (value) => (span.parentSpanId = asHex(value)),
    5: (value) => (span.name = asText(value)),
    6: (value) => (span.kind = asCount(value)),
    7: (value) => (span.startNanos = asUnsigned(value)),
    8: (value) => (span.endNanos = asUnsigned(value)),
    9: attributes.read,
    10: (value) => (span.droppedAttributesCount = asCount(value)),
    11: (value) => events.push(decodeEvent(asBytes(value), odd)),
    12: (value) => (span.droppedEventsCount = asCount(value)),
    13: (value) => links.push(decodeLink(asBytes(value), odd)),
    14: (value) => (span.droppedLinksCount = asCount(value)),
    15: (value) => (span.status = decodeStatus(asBytes(value), odd)),
    16: (value) => (span.flags = asCount(value)),
  });
  return { ...span, attributes: attributes.result(), events, links };
}

interface DecodedScope {
  readonly scopeName: string;
  readonly scopeVersion: string;
}

function decodeScope(bytes: Uint8Array, odd: OnOddity): DecodedScope {
  let scopeName = '';
  let scopeVersion = '';
  readMessage(bytes, odd, {
    1: (value) => (scopeName = asText(value)),
    2: (value) => (scopeVersion = asText(value)),
  });
  return { scopeName, scopeVersion };
}

function decodeScopeSpans(bytes: Uint8Array, odd: OnOddity): (SpanOwn & DecodedScope)[] {
  let scope: DecodedScope = { scopeName: '', scopeVersion: '' };
  const spans: SpanOwn[] = [];
  readMessage(bytes, odd, {
    1: (value) => (scope = decodeScope(asBytes(value), odd)),
    2: (value) => spans.push(decodeSpanMessage(asBytes(value), odd)),
    3: (value) => void asText(value),
  });
  return spans.map((span) => ({ ...scope, ...span }));
}

function decodeResourceSpans(bytes: Uint8Array, odd: OnOddity): DecodedSpan[] {
  let resourceAttributes: DecodedAttributes = {};
  let resourceSchemaUrl = '';
  const spans: (SpanOwn & DecodedScope)[] = [];
  readMessage(bytes, odd, {
    1: (value) => {
      const attributes = attributeReader(odd);
      readMessage(asBytes(value), odd, {
        1: attributes.read,
        2: (count) => void asUnsigned(count),
      });
      resourceAttributes = attributes.result();
    },
    2: (value) => spans.push(...decodeScopeSpans(asBytes(value), odd)),
    3: (value) => (resourceSchemaUrl = asText(value)),
  });
  return spans.map((span) => ({ resourceAttributes, resourceSchemaUrl, ...span }));
}

/** The spans of an `ExportTraceServiceRequest` in protobuf. Throws on bytes that are none. */
export function decodeProtobufRequest(body: Uint8Array, odd: OnOddity = () => {}): DecodedSpan[] {
  const spans: DecodedSpan[] = [];
  readMessage(body, odd, { 1: (value) => spans.push(...decodeResourceSpans(asBytes(value), odd)) });
  return spans;
}
