import { writeAttribute } from './protobuf-attributes.js';
import { cutProtobufSpan } from './protobuf-cut.js';
import { createProtobufFrame } from './protobuf-frame.js';
import { SPAN_ATTRIBUTE_TAG, writeSpanFields } from './protobuf-span.js';
import { ProtobufWriter } from './protobuf-writer.js';
import type { AttributeSink, EncodedResource, SpanEncoder } from './span-encoder.js';

/** Tag byte of `ScopeSpans.spans`. */
const SPANS_TAG = 0x12;
/** Kept free in front of a span for its tag and length. */
const HEADER_BYTES = 6;

/**
 * Encodes to `application/x-protobuf`: the hot path. Strings go straight into one scratch buffer
 * and the span leaves as one exact copy; nothing is kept of a span that failed halfway.
 */
export function createProtobufEncoder(resource: EncodedResource): SpanEncoder {
  const writer = new ProtobufWriter();
  const frame = createProtobufFrame(resource);
  const sink: AttributeSink = {
    put: (key, value) => {
      // Most attributes are short texts, and need not go further.
      if (typeof value === 'string' && writer.shortTextPair(SPAN_ATTRIBUTE_TAG, key, value)) return;
      writeAttribute(writer, SPAN_ATTRIBUTE_TAG, key, value);
    },
  };

  return {
    contentType: 'application/x-protobuf',
    encodeSpan(record, writeAttributes) {
      // Not 0 when a callback of another span ended this one.
      const outer = writer.position;
      try {
        writer.skip(HEADER_BYTES);
        const start = writer.position;
        writeSpanFields(writer, record);
        writeAttributes(sink);
        return writer.copyMessageFrom(start, SPANS_TAG);
      } finally {
        writer.rewind(outer);
      }
    },
    cutSpan: (encoded, maxBytes) => cutProtobufSpan(encoded, maxBytes, SPANS_TAG, HEADER_BYTES),
    frameRequest: (spans) => frame.frame(spans),
    requestOverheadBytes: frame.requestOverheadBytes,
    scopeOverheadBytes: (scope) => frame.scopeOverheadBytes(scope),
  };
}
