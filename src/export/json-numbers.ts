import type { AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf, MappedSpan } from '../mapping/mapped-span.js';

/** First integer that OTLP's `intValue` cannot carry. */
const INT64_END = 2 ** 63;

/**
 * The span with the numbers as text that the stock serializer writes as invalid OTLP/JSON: it makes
 * `null` of NaN and infinities, and an `intValue` of any integer, however large. A collector refuses
 * the whole request for one of them.
 */
export function withJsonNumbers(span: ReadableSpan): ReadableSpan {
  const entries = entriesOf(span);
  const { events, links } = span;
  const isFine =
    entries.every(({ value }) => isJsonValue(value)) &&
    [...events, ...links].every(({ attributes }) =>
      Object.values(attributes ?? {}).every(isJsonValue),
    );
  if (isFine) return span;
  return new MappedSpan(span, {
    entries: entries.map(({ key, value }) => ({ key, value: asJsonValue(value) })),
    events: events.map(withJsonAttributes),
    links: links.map(withJsonAttributes),
  });
}

function withJsonAttributes<T extends { readonly attributes?: ReadableSpan['attributes'] }>(
  holder: T,
): T {
  const entries = Object.entries(holder.attributes ?? {});
  return {
    ...holder,
    attributes: Object.fromEntries(
      entries.map(([key, value]) => [key, value === undefined ? value : asJsonValue(value)]),
    ),
  };
}

function isJsonValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJsonValue);
  if (typeof value !== 'number' || (!Number.isInteger(value) && Number.isFinite(value)))
    return true;
  return Math.abs(value) < INT64_END;
}

function asJsonValue(value: AttributeValue): AttributeValue {
  if (isJsonValue(value)) return value;
  // The members of an array are of one type.
  return Array.isArray(value) ? value.map((member) => String(member)) : String(value);
}
