import { KEY, STRING_VALUE, VALUE } from './key-value-tags.js';
import type { ProtobufWriter } from './protobuf-writer.js';
import { MAX_ONE_BYTE, putVarint, varintBytes } from './varint.js';

/** Every length in a pair with text between these takes two bytes, however many a character takes. */
const MIN_MIDDLE = MAX_ONE_BYTE + 1;
const MAX_MIDDLE = 4_096;
/** A UTF-16 unit takes at most so many bytes of UTF-8. */
const MAX_UNIT_BYTES = 3;

/**
 * Writes a `KeyValue` field with a string value: nearly all bytes of a trace pass here. A key is
 * written as if it were ASCII: only then UTF-8 takes as many bytes as there are characters.
 */
export function writeStringPair(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: string,
): void {
  if (!writeMiddlePair(writer, tag, key, value)) writeMeasuredPair(writer, tag, key, value);
}

/**
 * Most of what is said is of a middle length: where it begins is then known before its size is, so
 * that it is written without being measured. False, and nothing written, for text of another length
 * and for a key beyond ASCII.
 */
function writeMiddlePair(writer: ProtobufWriter, tag: number, key: string, value: string): boolean {
  const { length } = value;
  const keySize = key.length;
  if (length < MIN_MIDDLE || length > MAX_MIDDLE || keySize > MAX_ONE_BYTE) return false;
  const start = writer.reserve((length + keySize) * MAX_UNIT_BYTES);
  const { bytes } = writer;
  const any = start + 5 + keySize;
  if (bytes.utf8Write(key, start + 5) !== keySize) return false;
  const size = bytes.utf8Write(value, any + 6);
  const anySize = size + 3;
  const pairSize = keySize + anySize + 5;
  bytes[start] = tag;
  bytes[start + 1] = pairSize | 0x80;
  bytes[start + 2] = pairSize >>> 7;
  bytes[start + 3] = KEY;
  bytes[start + 4] = keySize;
  bytes[any] = VALUE;
  bytes[any + 1] = anySize | 0x80;
  bytes[any + 2] = anySize >>> 7;
  bytes[any + 3] = STRING_VALUE;
  bytes[any + 4] = size | 0x80;
  bytes[any + 5] = size >>> 7;
  writer.position = any + 6 + size;
  return true;
}

/** Lengths are known before they are written: one native call measures and one copies. */
function writeMeasuredPair(writer: ProtobufWriter, tag: number, key: string, value: string): void {
  const valueSize = Buffer.byteLength(value);
  const keySize = key.length;
  const anySize = 1 + varintBytes(valueSize) + valueSize;
  const pairSize = 2 + varintBytes(keySize) + keySize + varintBytes(anySize) + anySize;
  const start = writer.reserve(pairSize + keySize * 2);
  const { bytes } = writer;
  bytes[start] = tag;
  let at = putVarint(bytes, start + 1, pairSize);
  bytes[at] = KEY;
  at = putVarint(bytes, at + 1, keySize);
  if (bytes.utf8Write(key, at) !== keySize) {
    writeOddPair(writer, tag, key, value);
    return;
  }
  at += keySize;
  bytes[at] = VALUE;
  at = putVarint(bytes, at + 1, anySize);
  bytes[at] = STRING_VALUE;
  at = putVarint(bytes, at + 1, valueSize);
  if (bytes.utf8Write(value, at) === valueSize) writer.position = at + valueSize;
  else writeOddPair(writer, tag, key, value);
}

/** The pair of a key beyond ASCII, or of text whose size native code foretold wrongly for its lone surrogates. */
function writeOddPair(writer: ProtobufWriter, tag: number, key: string, value: string): void {
  const pair = writer.open(tag);
  writer.string(KEY, key);
  const any = writer.open(VALUE);
  writer.string(STRING_VALUE, value);
  writer.close(any);
  writer.close(pair);
}
