const INITIAL_BYTES = 4 * 1024;
/** Room behind every write for tags and lengths. */
const HEADER_BYTES = 32;
/** A UTF-16 unit takes at most so many bytes of UTF-8, and so does U+FFFD for a lone surrogate. */
const MAX_UNIT_BYTES = 3;
// Tag bytes of `KeyValue` and `AnyValue` (opentelemetry-proto, common.proto).
const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const ARRAY_VALUE = 0x2a;
const ARRAY_ITEM = 0x0a;

/**
 * Appends protobuf fields to a buffer that grows. Written by hand because the stock writer walks
 * every string three times in JavaScript, which is most of what it costs (333 MB/s against several
 * GB/s of `Buffer.write`).
 *
 * A tag is `(field number << 3) | wire type`. A length is never measured
 * before: its bytes are kept free, and what follows moves where they do not fit. That saves a call
 * out of JavaScript for each text, and some versions of Node measure text with lone surrogates wrongly.
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

  get capacityBytes(): number {
    return this.#bytes.length;
  }

  /** Starts again in the same memory: what {@link finish} has returned is overwritten. */
  clear(): void {
    this.#position = 0;
  }

  /** Fields that are written already. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length);
    this.#bytes.set(fields, this.#position);
    this.#position += fields.length;
  }

  /** A field with a non-negative safe integer. */
  varint(tag: number, value: number): void {
    this.#reserve(12);
    this.#position = putVarint(this.#bytes, putVarint(this.#bytes, this.#position, tag), value);
  }

  fixed32(tag: number, value: number): void {
    this.#reserve(6);
    this.#position = this.#bytes.writeUInt32LE(
      value >>> 0,
      putVarint(this.#bytes, this.#position, tag),
    );
  }

  fixed64(tag: number, value: bigint): void {
    this.#reserve(10);
    this.#position = this.#bytes.writeBigUInt64LE(
      value,
      putVarint(this.#bytes, this.#position, tag),
    );
  }

  /** A string field. A lone surrogate becomes U+FFFD. */
  string(tag: number, text: string): void {
    const lengthBytes = varintBytes(text.length);
    this.#reserveText(text);
    this.#bytes[this.#position] = tag;
    const mark = this.#position + 1 + lengthBytes;
    this.#position = mark + this.#bytes.write(text, mark);
    this.close(mark, lengthBytes);
  }

  /** A `KeyValue` field. */
  attribute(tag: number, key: string, value: unknown): void {
    const units = typeof value === 'string' ? value.length : 0;
    const valueBytes = varintBytes(units + 2);
    const pairBytes = varintBytes(key.length + units + 6);
    const pair = this.open(tag, pairBytes);
    this.string(KEY, key);
    const any = this.open(VALUE, valueBytes);
    if (Array.isArray(value)) this.#array(value);
    else this.#scalar(value);
    this.close(any, valueBytes);
    this.close(pair, pairBytes);
  }

  #array(elements: readonly unknown[]): void {
    const array = this.open(ARRAY_VALUE);
    for (const element of elements) {
      const item = this.open(ARRAY_ITEM);
      this.#scalar(element);
      this.close(item);
    }
    this.close(array);
  }

  /** The `AnyValue` of a scalar. What no attribute may be is written as nothing, OTLP's null. */
  #scalar(value: unknown): void {
    if (typeof value === 'string') {
      this.string(STRING_VALUE, value);
      return;
    }
    this.#reserve(10);
    const bytes = this.#bytes;
    const at = this.#position;
    if (typeof value === 'boolean') {
      bytes[at] = BOOL_VALUE;
      bytes[at + 1] = value ? 1 : 0;
      this.#position = at + 2;
    } else if (typeof value !== 'number') {
      // Nothing.
    } else if (Number.isSafeInteger(value)) {
      bytes[at] = INT_VALUE;
      this.#position =
        value < 0 ? putNegative(bytes, at + 1, value) : putVarint(bytes, at + 1, value);
    } else {
      // Also an integer that a double may have rounded: it never was that integer.
      bytes[at] = DOUBLE_VALUE;
      this.#position = bytes.writeDoubleLE(value, at + 1);
    }
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
   * Starts a message field; {@link close} ends it. Both are called with the bytes that its length
   * probably takes.
   */
  open(tag: number, lengthBytes: number = 1): number {
    this.#reserve(1 + lengthBytes);
    this.#bytes[this.#position] = tag;
    this.#position += 1 + lengthBytes;
    return this.#position;
  }

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

  /** Room for a text: measured only where the room for any alphabet is not there. */
  #reserveText(text: string): void {
    const most = text.length * MAX_UNIT_BYTES;
    if (this.#position + most + HEADER_BYTES <= this.#bytes.length) return;
    const measured = Buffer.byteLength(text);
    // A lone surrogate, which takes three bytes, is measured as two by some versions of Node.
    this.#reserve(measured === text.length ? measured : Math.min(most, Math.ceil(measured * 1.5)));
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

/** A negative integer takes ten bytes: its two's complement in 64 bits. */
function putNegative(bytes: Buffer, offset: number, value: number): number {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let at = offset; at < offset + 9; at++, rest >>= 7n) bytes[at] = Number(rest & 0x7fn) | 0x80;
  bytes[offset + 9] = 1;
  return offset + 10;
}
