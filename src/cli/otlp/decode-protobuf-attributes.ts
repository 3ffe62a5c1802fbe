import type { ProtobufField } from '../../export/protobuf-reader.js';
import {
  collectAttributes,
  type DecodedAttributes,
  type DecodedValue,
  type OnOddity,
} from './otlp-span.js';
import { asBytes, asDouble, asText, asUnsigned, readFields } from './protobuf-fields.js';

// Field numbers: opentelemetry-proto v1, trace.proto, common.proto and resource.proto.

type ReadField = (field: ProtobufField) => void;
type FieldReaders = Readonly<Record<number, ReadField>>;

/** Hands the fields of a message to their readers; one without a reader is an oddity. */
export function readMessage(bytes: Uint8Array, odd: OnOddity, readers: FieldReaders): void {
  for (const field of readFields(bytes)) {
    const read = readers[field.number];
    if (read === undefined) odd(`unknown field ${field.number}`);
    else read(field);
  }
}

function decodeValue(bytes: Uint8Array, odd: OnOddity): DecodedValue {
  let result: DecodedValue = null;
  readMessage(bytes, odd, {
    1: (value) => (result = asText(value)),
    2: (value) => (result = asUnsigned(value) !== 0n),
    3: (value) => (result = Number(BigInt.asIntN(64, asUnsigned(value)))),
    4: (value) => (result = asDouble(value)),
    5: (value) => {
      const items: DecodedValue[] = [];
      readMessage(asBytes(value), odd, {
        1: (item) => items.push(decodeValue(asBytes(item), odd)),
      });
      result = items;
    },
    6: (value) => {
      const pairs: [string, DecodedValue][] = [];
      readMessage(asBytes(value), odd, { 1: (pair) => pairs.push(decodePair(asBytes(pair), odd)) });
      result = collectAttributes(pairs, odd);
    },
    7: (value) => (result = Buffer.from(asBytes(value)).toString('base64')),
  });
  return result;
}

function decodePair(bytes: Uint8Array, odd: OnOddity): [string, DecodedValue] {
  let key = '';
  let result: DecodedValue = null;
  readMessage(bytes, odd, {
    1: (value) => (key = asText(value)),
    2: (value) => (result = decodeValue(asBytes(value), odd)),
  });
  return [key, result];
}

/** Gathers a repeated `KeyValue` field. */
export function attributeReader(odd: OnOddity): {
  read: ReadField;
  result: () => DecodedAttributes;
} {
  const pairs: [string, DecodedValue][] = [];
  return {
    read: (value) => pairs.push(decodePair(asBytes(value), odd)),
    result: () => collectAttributes(pairs, odd),
  };
}
