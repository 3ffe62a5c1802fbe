import {
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api';
import { hrTime, hrTimeDuration } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** One attribute of a mapped span. */
export interface AttributeEntry {
  readonly key: string;
  readonly value: AttributeValue;
}

/** The fields of a span that mapping or redaction may replace. */
export type MappedSpanChanges = Partial<
  Pick<MappedSpan, 'name' | 'status' | 'endTime' | 'duration' | 'entries' | 'events' | 'links'>
> &
  Partial<Pick<MappedSpan, 'droppedAttributesCount' | 'droppedEventsCount'>> & {
    readonly spanContext?: SpanContext;
    /** `null` makes the span a root. */
    readonly parentSpanContext?: SpanContext | null;
  };

/**
 * A span after mapping: the one shape that redaction, exporters, session statistics and metrics
 * read. Its attributes are an ordered list; the object is built when somebody asks for it.
 *
 * It copies the fields of the raw span and keeps no reference to it. LiveKit keeps unredacted
 * attributes on its span objects (`telemetry/redaction.ts`), and nobody may reach them from here.
 */
export class MappedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: ReadableSpan['kind'];
  readonly parentSpanContext?: SpanContext;
  readonly startTime: ReadableSpan['startTime'];
  readonly endTime: ReadableSpan['endTime'];
  readonly duration: ReadableSpan['duration'];
  readonly status: SpanStatus;
  readonly events: ReadableSpan['events'];
  readonly links: ReadableSpan['links'];
  readonly ended = true;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly droppedAttributesCount: number;
  readonly droppedEventsCount: number;
  readonly droppedLinksCount: number;
  // Not `#private`: an object that somebody makes with a span as its prototype could not read those.
  private readonly context: SpanContext;
  private readonly ownEntries: readonly AttributeEntry[];
  private attributesByKey: Attributes | undefined;

  constructor(span: ReadableSpan, changes: MappedSpanChanges) {
    const parent =
      changes.parentSpanContext === undefined ? span.parentSpanContext : changes.parentSpanContext;
    this.name = changes.name ?? span.name;
    this.kind = span.kind;
    if (parent !== null && parent !== undefined) this.parentSpanContext = parent;
    this.startTime = span.startTime;
    this.endTime = changes.endTime ?? span.endTime;
    this.duration = changes.duration ?? span.duration;
    this.status = changes.status ?? span.status;
    this.ownEntries = changes.entries ?? entriesOf(span);
    this.events = changes.events ?? span.events;
    this.links = changes.links ?? span.links;
    this.resource = span.resource;
    this.instrumentationScope = span.instrumentationScope;
    this.droppedAttributesCount = changes.droppedAttributesCount ?? span.droppedAttributesCount;
    this.droppedEventsCount = changes.droppedEventsCount ?? span.droppedEventsCount;
    this.droppedLinksCount = span.droppedLinksCount;
    this.context = changes.spanContext ?? span.spanContext();
  }

  spanContext(): SpanContext {
    return this.context;
  }

  /** The attributes in the order in which they are sent. */
  get entries(): readonly AttributeEntry[] {
    return this.ownEntries;
  }

  get attributes(): Attributes {
    this.attributesByKey ??= Object.fromEntries(this.entries.map(({ key, value }) => [key, value]));
    return this.attributesByKey;
  }

  /** The value of one attribute; `undefined` when the span does not have it. */
  get(key: string): AttributeValue | undefined {
    for (const entry of this.entries) if (entry.key === key) return entry.value;
    return undefined;
  }
}

/** The attributes of any span as a list: of a mapped one its own list, of another a new one. */
export function entriesOf(span: ReadableSpan): readonly AttributeEntry[] {
  if (span instanceof MappedSpan) return span.entries;
  return Object.entries(span.attributes).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [{ key, value }],
  );
}

/**
 * What can be sent of a span that has not ended, as if it ended now. The span itself is untouched.
 * Its lists are copied: what it gets later is not redacted.
 */
export function asIncompleteSpan(span: ReadableSpan): MappedSpan {
  const endTime = hrTime();
  return new MappedSpan(span, {
    endTime,
    duration: hrTimeDuration(span.startTime, endTime),
    events: [...span.events],
    links: [...span.links],
  });
}

/** The span as if nobody had set anything on it: for when what was set cannot be read. */
export function asBareSpan(
  span: ReadableSpan,
  entries: readonly AttributeEntry[] = [],
): MappedSpan {
  const isError = span.status.code === SpanStatusCode.ERROR;
  const status = { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET };
  return new MappedSpan(span, { status, entries, events: [], links: [] });
}
