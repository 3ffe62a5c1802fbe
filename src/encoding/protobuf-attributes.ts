import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ProtobufWriter } from './protobuf-writer.js';
import { writeShortPair } from './short-pair.js';
import { writeStringPair } from './string-pair.js';

// Tag bytes of `KeyValue`, `AnyValue` and `ArrayValue` (common.proto).
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const ARRAY_VALUE = 0x2a;
const ARRAY_ITEM = 0x0a;

function writeAny(writer: ProtobufWriter, value: unknown): void {
  switch (typeof value) {
    case 'string':
      writer.string(STRING_VALUE, value);
      break;
    case 'boolean':
      writer.byte(BOOL_VALUE);
      writer.byte(value ? 1 : 0);
      break;
    case 'number':
      // An integer that a double may have rounded stays a double: it never was that integer.
      if (Number.isSafeInteger(value)) {
        writer.byte(INT_VALUE);
        writer.int64(value);
      } else {
        writer.byte(DOUBLE_VALUE);
        writer.double(value);
      }
      break;
    default:
    // Nothing: an empty `AnyValue` is OTLP's null.
  }
}

/** Writes one attribute as a `KeyValue` field. Values that no attribute may have arrive as null. */
export function writeAttribute(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: AttributeValue,
): void {
  if (typeof value !== 'object' && writeShortPair(writer, tag, key, value)) return;
  if (typeof value === 'string') {
    writeStringPair(writer, tag, key, value);
    return;
  }
  const pair = writer.open(tag);
  writer.string(KEY, key);
  const any = writer.open(VALUE);
  if (Array.isArray(value)) {
    const array = writer.open(ARRAY_VALUE);
    for (const element of value) {
      const item = writer.open(ARRAY_ITEM);
      writeAny(writer, element);
      writer.close(item);
    }
    writer.close(array);
  } else {
    writeAny(writer, value);
  }
  writer.close(any);
  writer.close(pair);
}

/** Writes all attributes that have a value. */
export function writeAttributes(
  writer: ProtobufWriter,
  tag: number,
  attributes: Attributes | undefined,
): void {
  if (attributes === undefined) return;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) writeAttribute(writer, tag, key, value);
  }
}
