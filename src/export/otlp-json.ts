import type { AttributeValue } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf, MappedSpan } from '../mapping/mapped-span.js';

/** First integer that OTLP's `intValue` cannot carry. */
const INT64_END = 2 ** 63;

/** An export request in OTLP/JSON, by the stock serializer. Loaded where the protocol is JSON. */
export function serializeJson(spans: readonly ReadableSpan[]): Uint8Array {
  const body = JsonTraceSerializer.serializeRequest(spans.map(withJsonNumbers));
  if (body === undefined) throw new Error('the JSON serializer wrote nothing');
  return body;
}

/**
 * The span with the numbers as text that the stock serializer writes as invalid OTLP/JSON: it makes
 * `null` of NaN and infinities, and an `intValue` of any integer, however large. A collector refuses
 * the whole request for one of them.
 */
function withJsonNumbers(span: ReadableSpan): ReadableSpan {
  return new MappedSpan(span, {
    entries: entriesOf(span).map(({ key, value }) => ({ key, value: asJsonValue(value) })),
    events: span.events.map(withJsonAttributes),
    links: span.links.map(withJsonAttributes),
  });
}

function withJsonAttributes<T extends { readonly attributes?: ReadableSpan['attributes'] }>(
  holder: T,
): T {
  const entries = Object.entries(holder.attributes ?? {});
  const attributes = Object.fromEntries(
    entries.map(([key, value]) => [key, value === undefined ? value : asJsonValue(value)]),
  );
  return { ...holder, attributes };
}

function isJsonValue(value: unknown): boolean {
  if (typeof value !== 'number') return true;
  return Number.isInteger(value) ? Math.abs(value) < INT64_END : Number.isFinite(value);
}

function asJsonValue(value: AttributeValue): AttributeValue {
  if (!Array.isArray(value)) return isJsonValue(value) ? value : String(value);
  // The members of an array are of one type.
  return value.every(isJsonValue) ? value : value.map((member) => String(member));
}
