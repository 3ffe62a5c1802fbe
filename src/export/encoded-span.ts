import { isAttributeValue } from '@opentelemetry/core';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import { readFields, type ProtobufField } from './protobuf-fields.js';

/**
 * A span whose attributes are written in protobuf already: the form in which a span waits for its
 * request. It is one block of memory outside of JavaScript's heap; the attributes of a late turn are
 * a thousand objects that the garbage collector would move twice. They are read back only for a
 * collector that finds the span too large.
 */
export class EncodedSpan extends MappedSpan {
  /** The fields `Span.attributes`, one after the other. */
  readonly encodedAttributes: Buffer;

  constructor(span: ReadableSpan, encodedAttributes: Buffer) {
    super(span, { entries: [] });
    this.encodedAttributes = encodedAttributes;
  }

  override get entries(): readonly AttributeEntry[] {
    return readFields(this.encodedAttributes).flatMap((attribute) => {
      const [key, anyValue] = readFields(attribute.content);
      const value = anyValue && readAnyValue(anyValue);
      return key === undefined || !isAttributeValue(value)
        ? []
        : [{ key: key.content.toString(), value }];
    });
  }
}

/** An `AnyValue`, by its field numbers (opentelemetry-proto, common.proto); without one it is null. */
function readAnyValue({ content: message }: ProtobufField): unknown {
  const [field] = readFields(message);
  switch (field?.number) {
    case 1:
      return field.content.toString();
    case 2:
      return field.content[0] === 1;
    case 3:
      return readInt64(field.content);
    case 4:
      return field.content.readDoubleLE();
    case 5:
      return readFields(field.content).map(readAnyValue);
    default:
      return null;
  }
}

/** A varint of 64 bits; what is written as one is a safe integer. */
function readInt64(bytes: Buffer): number {
  const value = bytes.reduceRight((high, byte) => (high << 7n) | BigInt(byte & 0x7f), 0n);
  return Number(BigInt.asIntN(64, value));
}
