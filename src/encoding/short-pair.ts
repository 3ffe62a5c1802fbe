import type { ProtobufWriter } from './protobuf-writer.js';
import { putVarint, varintBytes } from './varint.js';

// Tag bytes of `KeyValue` and `AnyValue` (common.proto).
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;

/** The longest message whose length takes one byte. */
const MAX_SHORT_BYTES = 0x7f;
/** A UTF-16 unit takes at most so many bytes of UTF-8. */
const MAX_UNIT_BYTES = 3;
const TOO_LONG = -1;

/**
 * Writes a `KeyValue` field whose parts are short and ASCII, as those of most attributes are: every
 * length is then known without asking, and native code is called for the letters alone. False, and
 * nothing written, when they are not.
 */
export function writeShortPair(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: string | number | boolean,
): boolean {
  switch (typeof value) {
    case 'string':
      return writeString(writer, tag, key, value);
    case 'boolean':
      return writeInteger(writer, tag, key, BOOL_VALUE, value ? 1 : 0);
    default:
      // An integer that a double may have rounded stays a double: it never was that integer.
      if (!Number.isSafeInteger(value)) return writeDouble(writer, tag, key, value);
      return value >= 0 && writeInteger(writer, tag, key, INT_VALUE, value);
  }
}

function writeString(writer: ProtobufWriter, tag: number, key: string, value: string): boolean {
  const size = value.length;
  const at = begin(writer, tag, key, size + 2);
  if (at === TOO_LONG) return false;
  const { bytes } = writer;
  bytes[at] = STRING_VALUE;
  bytes[at + 1] = size;
  if (bytes.utf8Write(value, at + 2) !== size) return false;
  writer.moveTo(at + 2 + size);
  return true;
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
  if (pairSize > MAX_SHORT_BYTES) return TOO_LONG;
  const start = writer.reserve(MAX_SHORT_BYTES * MAX_UNIT_BYTES);
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
