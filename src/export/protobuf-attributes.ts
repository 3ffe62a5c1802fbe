import type { Attributes, AttributeValue } from '@opentelemetry/api';
import {
  ARRAY_ITEM,
  ARRAY_VALUE,
  BOOL_VALUE,
  DOUBLE_VALUE,
  INT_VALUE,
  KEY,
  STRING_VALUE,
  VALUE,
} from './key-value-tags.js';
import type { ProtobufWriter } from './protobuf-writer.js';
import { writeScalarPair } from './scalar-pair.js';
import { writeStringPair } from './string-pair.js';

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
  if (typeof value === 'string') {
    if (!writer.shortTextPair(tag, key, value)) writeStringPair(writer, tag, key, value);
    return;
  }
  if (typeof value !== 'object' && writeScalarPair(writer, tag, key, value)) return;
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
