import { toUSVString } from 'node:util';

const INITIAL_BYTES = 4 * 1024;
/** Room behind every write for tags and lengths. */
const HEADER_BYTES = 32;
/** A UTF-16 unit takes at most so many bytes of UTF-8, and so does U+FFFD for a lone surrogate. */
const MAX_UNIT_BYTES = 3;
/** Tag bytes of `KeyValue` and `AnyValue` (opentelemetry-proto, common.proto). */
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
/** Below this many units a text needs one byte for its length, whatever its alphabet. */
const SHORT_UNITS = 42;
/** From and up to so many units a text, and its pair with a key, need two bytes for their length. */
const MIN_LONG_UNITS = 0x80;
const MAX_LONG_UNITS = 5_000;

/**
 * Appends protobuf fields to a buffer that grows. Written by hand because the stock writer walks
 * every string three times in JavaScript, which is most of what it costs (performance: 333 MB/s
 * against several GB/s of `Buffer.write`).
 *
 * Tags are given as the byte they are on the wire, `(field number << 3) | wire type`.
 */
export class ProtobufWriter {
  #bytes: Buffer;
  #position = 0;

  constructor(expectedBytes: number = INITIAL_BYTES) {
    this.#bytes = Buffer.allocUnsafe(Math.max(INITIAL_BYTES, expectedBytes));
  }

  /** Everything that was written: a view, with no copy. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#position);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#position++] = value;
  }

  /** A non-negative safe integer. */
  varint(value: number): void {
    this.#reserve(10);
    this.#position = putVarint(this.#bytes, this.#position, value);
  }

  /** A safe integer of either sign as int64. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) {
      this.#bytes[this.#position++] = Number(rest & 0x7fn) | 0x80;
    }
    this.#bytes[this.#position++] = Number(rest);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#position = this.#bytes.writeDoubleLE(value, this.#position);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#position = this.#bytes.writeUInt32LE(value >>> 0, this.#position);
  }

  fixed64(value: bigint): void {
    this.#reserve(8);
    this.#position = this.#bytes.writeBigUInt64LE(value, this.#position);
  }

  /** A string field. A lone surrogate becomes U+FFFD. */
  string(tag: number, text: string): void {
    const units = text.length;
    if (units <= SHORT_UNITS) {
      this.#reserve(units * MAX_UNIT_BYTES);
      const start = this.#position;
      const size = this.#bytes.write(text, start + 2);
      this.#bytes[start] = tag;
      this.#bytes[start + 1] = size;
      this.#position = start + 2 + size;
      return;
    }
    const size = Buffer.byteLength(text);
    this.#reserve(size);
    this.#bytes[this.#position++] = tag;
    this.#position = putVarint(this.#bytes, this.#position, size);
    if (this.#write(text, size)) return;
    this.#position -= 1 + varintBytes(size) + size;
    this.string(tag, toUSVString(text));
  }

  /** A `KeyValue` of text: every length is known before it is written, so nothing moves afterwards. */
  textPair(tag: number, key: string, text: string): void {
    if (this.#foreseenPair(tag, key, text)) return;
    const keyBytes = Buffer.byteLength(key);
    const textBytes = Buffer.byteLength(text);
    const anyBytes = 1 + varintBytes(textBytes) + textBytes;
    const pairBytes = 1 + varintBytes(keyBytes) + keyBytes + 1 + varintBytes(anyBytes) + anyBytes;
    const start = this.#position;
    this.#reserve(pairBytes);
    this.#header(tag, pairBytes);
    this.#header(KEY, keyBytes);
    const isKeyWhole = this.#write(key, keyBytes);
    this.#header(VALUE, anyBytes);
    this.#header(STRING_VALUE, textBytes);
    if (this.#write(text, textBytes) && isKeyWhole) return;
    this.#position = start;
    this.textPair(tag, toUSVString(key), toUSVString(text));
  }

  /**
   * The same for text of a length at which every length takes a known number of bytes, whatever the
   * alphabet. Then nothing has to be measured first, which halves the calls out of JavaScript.
   */
  #foreseenPair(tag: number, key: string, text: string): boolean {
    const units = text.length;
    if (key.length > SHORT_UNITS * 2) return false;
    const lengthBytes = units <= SHORT_UNITS / 2 ? 1 : 2;
    if (lengthBytes === 2 && (units < MIN_LONG_UNITS || units > MAX_LONG_UNITS)) return false;
    this.#reserve((key.length + units) * MAX_UNIT_BYTES);
    const start = this.#position;
    const keyAt = start + 1 + lengthBytes + 2;
    const keyBytes = this.#bytes.write(key, keyAt);
    const textAt = keyAt + keyBytes + 2 * (1 + lengthBytes);
    const textBytes = this.#bytes.write(text, textAt);
    const anyBytes = 1 + lengthBytes + textBytes;
    const pairBytes = 2 + keyBytes + 1 + lengthBytes + anyBytes;
    if (keyBytes > 0x7f || varintBytes(pairBytes) !== lengthBytes) return false;
    this.#header(tag, pairBytes);
    this.#header(KEY, keyBytes);
    this.#position += keyBytes;
    this.#header(VALUE, anyBytes);
    this.#header(STRING_VALUE, textBytes);
    this.#position += textBytes;
    return true;
  }

  /** A bytes field. */
  bytesField(tag: number, value: Uint8Array): void {
    this.#reserve(value.length);
    this.#header(tag, value.length);
    this.#bytes.set(value, this.#position);
    this.#position += value.length;
  }

  /** A bytes field from hexadecimal text. */
  hex(tag: number, hex: string): void {
    const size = hex.length / 2;
    this.#reserve(size);
    this.#bytes[this.#position++] = tag;
    this.#bytes[this.#position++] = size;
    this.#position += this.#bytes.write(hex, this.#position, 'hex');
  }

  /**
   * Starts a message field whose length is not known yet; {@link close} ends it, and is given the
   * same `lengthBytes`: room for its length.
   */
  open(tag: number, lengthBytes: number = 1): number {
    this.#reserve(1 + lengthBytes);
    this.#bytes[this.#position] = tag;
    this.#position += 1 + lengthBytes;
    return this.#position;
  }

  /** Ends a message. It moves when its length needs more or less than the bytes kept free. */
  close(mark: number, lengthBytes: number = 1): void {
    const size = this.#position - mark;
    const shift = varintBytes(size) - lengthBytes;
    if (shift !== 0) {
      this.#reserve(Math.max(0, shift));
      this.#bytes.copyWithin(mark + shift, mark, this.#position);
      this.#position += shift;
    }
    putVarint(this.#bytes, mark - lengthBytes, size);
  }

  #header(tag: number, size: number): void {
    this.#bytes[this.#position++] = tag;
    this.#position = putVarint(this.#bytes, this.#position, size);
  }

  /**
   * Text of so many bytes, for which there is room. False when it turns out to have more or fewer:
   * some versions of Node foretell the size of text with lone surrogates wrongly. `Buffer.write`
   * costs what Node's undocumented `utf8Write` does (4,096 characters: 261 ns against 258), and a
   * loop over a few characters is slower as long as the process is young.
   */
  #write(text: string, bytes: number): boolean {
    const at = this.#position;
    this.#position = at + bytes;
    return this.#bytes.write(text, at) === bytes;
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes + HEADER_BYTES;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#position);
    this.#bytes = grown;
  }
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

/** Writes a non-negative safe integer; returns the offset behind it. */
function putVarint(bytes: Buffer, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
