import { BOOL_VALUE, DOUBLE_VALUE, INT_VALUE, KEY, VALUE } from './key-value-tags.js';
import type { ProtobufWriter } from './protobuf-writer.js';
import { MAX_ONE_BYTE, putVarint, varintBytes } from './varint.js';

/** A UTF-16 unit takes at most so many bytes of UTF-8. */
const MAX_UNIT_BYTES = 3;
const TOO_LONG = -1;

/**
 * Writes a `KeyValue` field of a number or a truth value whose key is short and ASCII: every length
 * is then known before anything is written. False, and nothing written, when it is not, or the
 * number is below zero.
 */
export function writeScalarPair(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: number | boolean,
): boolean {
  if (typeof value === 'boolean') return writeInteger(writer, tag, key, BOOL_VALUE, value ? 1 : 0);
  // An integer that a double may have rounded stays a double: it never was that integer.
  if (!Number.isSafeInteger(value)) return writeDouble(writer, tag, key, value);
  return value >= 0 && writeInteger(writer, tag, key, INT_VALUE, value);
}

function writeInteger(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  type: number,
  value: number,
): boolean {
  const at = begin(writer, tag, key, 1 + varintBytes(value));
  if (at === TOO_LONG) return false;
  writer.bytes[at] = type;
  writer.moveTo(putVarint(writer.bytes, at + 1, value));
  return true;
}

function writeDouble(writer: ProtobufWriter, tag: number, key: string, value: number): boolean {
  const at = begin(writer, tag, key, 9);
  if (at === TOO_LONG) return false;
  writer.bytes[at] = DOUBLE_VALUE;
  writer.moveTo(writer.bytes.writeDoubleLE(value, at + 1));
  return true;
}

/** Everything before the value, which takes `size` bytes; where it begins. */
function begin(writer: ProtobufWriter, tag: number, key: string, size: number): number {
  const keySize = key.length;
  const pairSize = keySize + size + 4;
  if (pairSize > MAX_ONE_BYTE) return TOO_LONG;
  const start = writer.reserve(MAX_ONE_BYTE * MAX_UNIT_BYTES);
  const { bytes } = writer;
  bytes[start] = tag;
  bytes[start + 1] = pairSize;
  bytes[start + 2] = KEY;
  bytes[start + 3] = keySize;
  if (bytes.utf8Write(key, start + 4) !== keySize) return TOO_LONG;
  const at = start + 4 + keySize;
  bytes[at] = VALUE;
  bytes[at + 1] = size;
  return at + 2;
}
