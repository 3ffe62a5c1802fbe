import { parseProtobufFields, type ProtobufField } from '../../export/protobuf-reader.js';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** All fields of a message in wire order; throws when the bytes are not exactly one message. */
export function readFields(bytes: Uint8Array): readonly ProtobufField[] {
  const fields = parseProtobufFields(bytes);
  if (fields === undefined) throw new Error('not a protobuf message');
  return fields;
}

/** The field as bytes; throws when it is a number. */
export function asBytes({ payload, number }: ProtobufField): Uint8Array {
  if (payload === undefined) throw new Error(`field ${number} is a number where bytes belong`);
  return payload;
}

/** The field as a string; throws on anything that is not well-formed UTF-8. */
export function asText(field: ProtobufField): string {
  return strictUtf8.decode(asBytes(field));
}

/** The field as lower-case hex. */
export function asHex(field: ProtobufField): string {
  return Buffer.from(asBytes(field)).toString('hex');
}

/** A varint or fixed field as an unsigned integer, exact in all 64 bits; throws when it is bytes. */
export function asUnsigned({ varint, payload, bytes, number }: ProtobufField): bigint {
  if (payload !== undefined) throw new Error(`field ${number} is bytes where a number belongs`);
  const value = bytes.subarray(lengthOfVarint(bytes));
  if (varint === undefined) return littleEndian(value);
  const groups = Array.from(value, (byte) => BigInt(byte & 0x7f));
  return BigInt.asUintN(
    64,
    groups.reduceRight((sum, group) => (sum << 7n) | group, 0n),
  );
}

/** The field as a count; throws when it is bytes. */
export function asCount(field: ProtobufField): number {
  return Number(asUnsigned(field));
}

/** The field, a fixed64, as the double with these bits. */
export function asDouble(field: ProtobufField): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, asUnsigned(field));
  return bits.getFloat64(0);
}

/** Of the varint that the bytes start with: the tag. */
function lengthOfVarint(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => byte < 0x80) + 1;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}
