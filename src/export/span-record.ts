import type {
  Attributes,
  HrTime,
  Link,
  SpanContext,
  SpanKind,
  SpanStatus,
} from '@opentelemetry/api';

/** An event as it will be sent. */
export interface EventRecord {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

/** Everything of a span that is sent beside its attributes, which reach the encoder through a sink. */
export interface SpanRecord {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: SpanContext;
  readonly parentSpanContext: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly status: SpanStatus;
  readonly events: readonly EventRecord[];
  readonly links: readonly Link[];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
}

/** The instrumentation scope that a span belongs to; spans of one scope share a header on the wire. */
export interface ScopeRecord {
  readonly name: string;
  readonly version?: string | undefined;
}

/** One span in its wire form. */
export interface EncodedSpan {
  readonly scope: ScopeRecord;
  /**
   * An element of `ScopeSpans.spans`, so that a request is a plain concatenation: in protobuf the
   * field with its tag and length, in JSON a comma and the text of the object. Empty once the span
   * has been answered for: see `letGo`.
   */
  bytes: Uint8Array;
}
