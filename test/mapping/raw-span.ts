import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { MappingContext } from '../../src/mapping/mapping-context.js';

/** A raw span that has ended, as the SDK hands it to `onEnd`. */
export function rawSpan(name: string, scopeName: string, attributes: Attributes): ReadableSpan {
  return {
    name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
    startTime: [1, 0],
    endTime: [2, 0],
    duration: [1, 0],
    status: { code: SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    ended: true,
    resource: resourceFromAttributes({}),
    instrumentationScope: { name: scopeName },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** Of a span about which nothing more is known than its own attributes. */
export const EMPTY_CONTEXT: MappingContext = Object.freeze({
  sessionId: undefined,
  userId: undefined,
  agent: undefined,
  metadata: undefined,
  tags: undefined,
});
