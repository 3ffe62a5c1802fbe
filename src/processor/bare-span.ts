import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { SpanRecord } from '../export/span-record.js';
import type { Privacy } from '../privacy/privacy.js';
import { NO_WORDS, type FinishedSpan, type Put } from './finished-span.js';
import type { SpanToSend } from './span-to-send.js';

/** The span as if nobody had set anything on it: for when what was set cannot be read. */
export function asBareSpan(span: ReadableSpan): ReadableSpan {
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    status: bareStatus(span.status),
    attributes: {},
    links: [],
    events: [],
    ended: span.ended,
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
  };
}

/** What still goes out of a span whose mapping failed: that it was there, and whose it is. */
export function finishBare({ input, record }: SpanToSend, privacy: Privacy): FinishedSpan {
  const { kind, facts } = input;
  const { sessionId } = facts;
  const puts: Put[] = [[SemanticConventions.OPENINFERENCE_SPAN_KIND, kind, 'none']];
  if (sessionId !== undefined) puts.push([SemanticConventions.SESSION_ID, sessionId, 'none']);
  return { record: bareRecord(record, kind, privacy), puts, words: NO_WORDS };
}

function bareRecord(record: SpanRecord, kind: string, privacy: Privacy): SpanRecord {
  const bare = { ...record, status: bareStatus(record.status), events: [], links: [] };
  try {
    return privacy.guardRecord(bare, kind);
  } catch {
    // The name is all that is left to mask.
    return { ...bare, name: kind };
  }
}

function bareStatus({ code }: SpanStatus): SpanStatus {
  return { code: code === SpanStatusCode.ERROR ? code : SpanStatusCode.UNSET };
}
