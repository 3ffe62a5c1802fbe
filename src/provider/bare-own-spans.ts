import type { Attributes, Context } from '@opentelemetry/api';
import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { MappedSpan } from '../mapping/mapped-span.js';
import { TRACER_NAME } from '../version.js';

/** What LiveKit itself puts on every span of the provider, for its Cloud. */
const OF_LIVEKIT = /^(?:room_id$|job_id$|lk\.)/;

/**
 * Stands before a processor that LiveKit adds. LiveKit's own spans, and those of the application,
 * pass as they are: the same objects, which LiveKit looks things up by. What `agentSpan` and
 * `manualSpan` recorded is not LiveKit Cloud's, and LiveKit's redaction does not know its names, so
 * of these spans only the place in the tree goes on.
 */
export class BareOwnSpans implements SpanProcessor {
  readonly #processor: SpanProcessor;

  constructor(processor: SpanProcessor) {
    this.#processor = processor;
  }

  // What a processor gives back is given on: it may be async against its type.

  onStart(span: Span, parentContext: Context): void {
    return this.#processor.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    return this.#processor.onEnding?.(span);
  }

  onEnd(span: ReadableSpan): void {
    return this.#processor.onEnd(isOwn(span) ? bareView(span) : span);
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}

/** Both kinds of span may be opened on a tracer of the application's own; their kind tells then. */
function isOwn({ instrumentationScope, attributes }: ReadableSpan): boolean {
  return (
    instrumentationScope.name === TRACER_NAME ||
    SemanticConventions.OPENINFERENCE_SPAN_KIND in attributes
  );
}

/** A literal, through which what LiveKit's redaction keeps on the span cannot be reached. */
function bareView(span: ReadableSpan): ReadableSpan {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(span.attributes)) {
    if (OF_LIVEKIT.test(key)) attributes[key] = value;
  }
  return new MappedSpan(span, {
    status: { code: span.status.code },
    entries: Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [{ key, value }],
    ),
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
  });
}
