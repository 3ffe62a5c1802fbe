import type { Attributes } from '@opentelemetry/api';
import type { SpanRecord } from '../encoding/span-record.js';
import type { AttributeSink, ContentClass } from '../mapping/attribute-sink.js';
import type { PrivacyCounts } from './privacy-counts.js';

/** Stands between what is known of a span and what is sent of it. */
export interface Privacy {
  /** What was withheld so far. */
  readonly counts: Readonly<PrivacyCounts>;
  /** Whether texts of this class leave any trace, if only `__REDACTED__`. What does not, need not be put together. */
  allows(content: ContentClass): boolean;
  /**
   * The privacy that holds for a span with these raw attributes. Asked once per span, before
   * `guard` and `guardRecord`, which are those of the answer.
   *
   * Once LiveKit marks a span of a project that mandates redaction, content is withheld from then
   * on: a process serves one job, and the spans opened before the mark end after it.
   */
  forSpan(attributes: Attributes): Privacy;
  /** A sink for one span's attributes in front of this one. `kind`: OpenInference's, for redactors. */
  guard(sink: AttributeSink, kind: string): AttributeSink;
  /** The rest of a span as it may be sent: status message, events, links. */
  guardRecord(record: SpanRecord, kind: string): SpanRecord;
}
