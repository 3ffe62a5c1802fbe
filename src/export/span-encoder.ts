import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { EncodedSpan, ScopeRecord, SpanRecord } from './span-record.js';

/**
 * Turns spans into the bytes of one OTLP encoding. A span is encoded once, when it ends; requests
 * are concatenations.
 */
export interface SpanEncoder {
  readonly contentType: 'application/x-protobuf' | 'application/json';

  /**
   * Encodes one span, in the form that {@link EncodedSpan} holds. `writeAttributes` is called once,
   * synchronously; what it puts is encoded as it comes. When it throws, nothing of the span is kept
   * and the error goes on to the caller, who may then encode the span again with less. It may end
   * other spans, which are encoded in the middle of this one.
   *
   * Throws on a span whose own ids are not 16 and 8 bytes of hex: a collector would refuse every
   * span beside it.
   */
  encodeSpan(record: SpanRecord, writeAttributes: (sink: AttributeSink) => void): Uint8Array;

  /**
   * A shorter form, of at most `maxBytes`, of what `encodeSpan` gave: without the oldest input
   * messages, then with texts cut, JSON staying JSON, and marked `catalyst.truncated`. Undefined
   * when the span cannot be made that short.
   */
  cutSpan(encoded: Uint8Array, maxBytes: number): Uint8Array | undefined;

  /** The pieces of one export request for these spans, grouped by scope; their concatenation is the body. */
  frameRequest(spans: readonly EncodedSpan[]): Uint8Array[];

  /** Bytes that a request has at most beside its scopes and spans. */
  readonly requestOverheadBytes: number;

  /** Bytes that `frameRequest` adds at most for a scope. */
  scopeOverheadBytes(scope: ScopeRecord): number;
}

/** Takes the attributes of one span. */
export interface AttributeSink {
  put(key: string, value: AttributeValue): void;
}

/** Resource of every span that an encoder frames. */
export interface EncodedResource {
  readonly attributes: Attributes;
  readonly schemaUrl: string | undefined;
}
