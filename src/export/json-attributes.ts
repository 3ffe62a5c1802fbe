import { toUSVString } from 'node:util';
import type { Attributes, AttributeValue } from '@opentelemetry/api';

/** `AnyValue` in OTLP/JSON; an empty object is null. */
export type JsonAnyValue =
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly intValue: string }
  | { readonly doubleValue: number | string }
  | { readonly arrayValue: { readonly values: readonly JsonAnyValue[] } }
  | Record<string, never>;

/** `KeyValue` in OTLP/JSON. */
export interface JsonKeyValue {
  readonly key: string;
  readonly value: JsonAnyValue;
}

function jsonAnyValue(value: unknown): JsonAnyValue {
  switch (typeof value) {
    case 'string':
      return { stringValue: toUSVString(value) };
    case 'boolean':
      return { boolValue: value };
    case 'number':
      // As in protobuf: a rounded integer stays a double. JSON has no NaN and no infinity, proto3's
      // JSON mapping writes their names.
      if (Number.isSafeInteger(value)) return { intValue: value.toFixed(0) };
      return { doubleValue: Number.isFinite(value) ? value : String(value) };
    default:
      if (Array.isArray(value)) return { arrayValue: { values: value.map(jsonAnyValue) } };
      return {};
  }
}

/** One attribute. Lone surrogates become U+FFFD: their escapes are JSON, but no UTF-8 text. */
export function jsonKeyValue(key: string, value: AttributeValue): JsonKeyValue {
  return { key: toUSVString(key), value: jsonAnyValue(value) };
}

/** All attributes that have a value. */
export function jsonAttributes(attributes: Attributes | undefined): JsonKeyValue[] {
  const pairs: JsonKeyValue[] = [];
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== null) pairs.push(jsonKeyValue(key, value));
  }
  return pairs;
}
