import { KEY, STRING_VALUE, VALUE } from './key-value-tags.js';
import type { ProtobufWriter } from './protobuf-writer.js';
import { putVarint, varintBytes } from './varint.js';

/**
 * Writes a `KeyValue` field with a string value: nearly all bytes of a trace pass here. Lengths are
 * known before they are written, one native call measures and one copies. A key is written as if it
 * were ASCII: only then UTF-8 takes as many bytes as there are characters.
 */
export function writeStringPair(
  writer: ProtobufWriter,
  tag: number,
  key: string,
  value: string,
): void {
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
  if (bytes.utf8Write(value, at) === valueSize) writer.moveTo(at + valueSize);
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
