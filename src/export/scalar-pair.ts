import { BOOL_VALUE, DOUBLE_VALUE, INT_VALUE, KEY, VALUE } from './key-value-tags.js';
import type { ProtobufWriter } from './protobuf-writer.js';
import { MAX_ONE_BYTE, putVarint } from './varint.js';

/** Longest key whose pair has lengths of one byte each, whatever the number. */
const MAX_KEY_LENGTH = MAX_ONE_BYTE - 15;
/** A pair with a key of that length, of which every UTF-16 unit turns out to take three bytes. */
const ROOM_BYTES = 3 * MAX_ONE_BYTE;

/**
 * Writes a `KeyValue` field of a number or a truth value whose key is short and ASCII: every length
 * then takes one byte. False, and nothing written, when it is not, or the number is an integer
 * below zero. All in one function: taken apart, the calls would cost a young process more.
 */
export function writeScalarPair(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: number | boolean,
): boolean {
  const keySize = key.length;
  if (keySize > MAX_KEY_LENGTH) return false;
  const start = writer.reserve(ROOM_BYTES);
  const { bytes } = writer;
  if (bytes.utf8Write(key, start + 4) !== keySize) return false;
  const any = start + 4 + keySize;
  let end: number;
  if (typeof value === 'boolean') {
    bytes[any + 2] = BOOL_VALUE;
    bytes[any + 3] = value ? 1 : 0;
    end = any + 4;
  } else if (!Number.isSafeInteger(value)) {
    // An integer that a double may have rounded stays a double: it never was that integer.
    bytes[any + 2] = DOUBLE_VALUE;
    end = bytes.writeDoubleLE(value, any + 3);
  } else {
    if (value < 0) return false;
    bytes[any + 2] = INT_VALUE;
    end = putVarint(bytes, any + 3, value);
  }
  bytes[start] = tag;
  bytes[start + 1] = end - start - 2;
  bytes[start + 2] = KEY;
  bytes[start + 3] = keySize;
  bytes[any] = VALUE;
  bytes[any + 1] = end - any - 2;
  writer.position = end;
  return true;
}
