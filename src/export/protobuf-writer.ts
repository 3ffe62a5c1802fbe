import { toUSVString } from 'node:util';
import { KEY, STRING_VALUE, VALUE } from './key-value-tags.js';
import { allocateScratch, type Scratch } from './scratch-buffer.js';
import { MAX_ONE_BYTE, putVarint, varintBytes } from './varint.js';

const INITIAL_BYTES = 64 * 1024;
/** A scratch buffer grown past this by one huge span is given back afterwards. */
const KEPT_BYTES = 1024 * 1024;
/** Room for a short pair of which every UTF-16 unit turns out to take three bytes. */
const SHORT_ROOM_BYTES = 3 * MAX_ONE_BYTE;

/** Room behind every write for headers, and for UTF-8 to show that it is longer than foretold. */
const SLACK_BYTES = 32;

/**
 * Appends protobuf fields to one growing scratch buffer. Positions nest: whoever notes
 * {@link position} and rewinds to it leaves nothing behind.
 * Tags are given as the byte they are on the wire, `(field number << 3) | wire type`.
 */
export class ProtobufWriter {
  // Fields and no accessors: they are read for every attribute, and a call costs ten times as much.
  /** The buffer as it is now: until the next `reserve`, for those who write into it themselves. */
  bytes: Scratch = allocateScratch(INITIAL_BYTES);
  /** Where the next field begins: whoever wrote into {@link bytes} moves it on. */
  position = 0;

  /** Forgets everything behind `position`. */
  rewind(position: number): void {
    this.position = position;
    if (position === 0 && this.bytes.length > KEPT_BYTES) {
      this.bytes = allocateScratch(INITIAL_BYTES);
    }
  }

  /** Leaves room, to be filled later. */
  skip(bytes: number): void {
    this.position = this.reserve(bytes) + bytes;
  }

  /** What stands between `start` and here; valid until the next write. */
  viewFrom(start: number): Uint8Array {
    return this.bytes.subarray(start, this.position);
  }

  /** A copy, of exact size, of what stands between `start` and here. */
  copyFrom(start: number): Uint8Array {
    // Small copies share Node's pool. A queue frees them in the order they came, so a slab goes whole.
    const copy = Buffer.allocUnsafe(this.position - start);
    this.bytes.copy(copy, 0, start, this.position);
    return copy;
  }

  /** Like `copyFrom`, as a message field: its header goes into the room that was left before `start`. */
  copyMessageFrom(start: number, tag: number): Uint8Array {
    const size = this.position - start;
    const header = start - 1 - varintBytes(size);
    this.bytes[header] = tag;
    putVarint(this.bytes, header + 1, size);
    return this.copyFrom(header);
  }

  byte(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
    this.position = at + 1;
  }

  /** A non-negative safe integer. */
  varint(value: number): void {
    const at = this.reserve(10);
    this.position = putVarint(this.bytes, at, value);
  }

  /** A safe integer of either sign as int64. */
  int64(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    let at = this.reserve(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) this.bytes[at++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[at++] = Number(rest);
    this.position = at;
  }

  double(value: number): void {
    this.position = this.bytes.writeDoubleLE(value, this.reserve(8));
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.bytes.set(bytes, at);
    this.position = at + bytes.length;
  }

  /** A string field. Lone surrogates become U+FFFD, as everywhere here. */
  string(tag: number, text: string): void {
    const size = Buffer.byteLength(text);
    const start = this.reserve(size);
    this.bytes[start] = tag;
    const at = putVarint(this.bytes, start + 1, size);
    const written = this.bytes.utf8Write(text, at);
    if (written === size) this.position = at + written;
    else this.string(tag, toUSVString(text));
  }

  /** A bytes field from hex. False, and nothing written, when `hex` is not exactly `size` bytes. */
  hex(tag: number, hex: string, size: number): boolean {
    const at = this.reserve(size);
    if (hex.length !== size * 2 || this.bytes.hexWrite(hex, at + 2, size) !== size) {
      return false;
    }
    this.bytes[at] = tag;
    this.bytes[at + 1] = size;
    this.position = at + 2 + size;
    return true;
  }

  /**
   * A `KeyValue` field of text whose key and value are short and whose key is ASCII, as those of most
   * attributes are: every length takes one byte, and none has to be asked for. False, and nothing
   * written, when they are not.
   * All in one method: taken apart, the calls would cost a young process more than the bytes.
   */
  shortTextPair(tag: number, key: string, value: string): boolean {
    const keySize = key.length;
    if (keySize + value.length + 6 > MAX_ONE_BYTE) return false;
    const start = this.position;
    if (start + SHORT_ROOM_BYTES > this.bytes.length) this.reserve(SHORT_ROOM_BYTES);
    const { bytes } = this;
    const any = start + 4 + keySize;
    if (bytes.utf8Write(key, start + 4) !== keySize) return false;
    const valueSize = bytes.utf8Write(value, any + 4);
    const pairSize = keySize + valueSize + 6;
    if (pairSize > MAX_ONE_BYTE) return false;
    bytes[start] = tag;
    bytes[start + 1] = pairSize;
    bytes[start + 2] = KEY;
    bytes[start + 3] = keySize;
    bytes[any] = VALUE;
    bytes[any + 1] = valueSize + 2;
    bytes[any + 2] = STRING_VALUE;
    bytes[any + 3] = valueSize;
    this.position = any + 4 + valueSize;
    return true;
  }

  /** Starts a message field whose length isn't known yet; {@link close} ends it. */
  open(tag: number): number {
    const at = this.reserve(2);
    this.bytes[at] = tag;
    return (this.position = at + 2);
  }

  /** Ends the message that `open` gave this mark for. Moves it when its length needs more than the one byte kept free: rare and small. */
  close(mark: number): void {
    const size = this.position - mark;
    const extra = varintBytes(size) - 1;
    if (extra > 0) {
      this.reserve(extra);
      this.bytes.copyWithin(mark + extra, mark, this.position);
      this.position += extra;
    }
    putVarint(this.bytes, mark - 1, size);
  }

  /** Makes room for so many bytes and some for headers; returns where it begins. */
  reserve(bytes: number): number {
    const needed = this.position + bytes + SLACK_BYTES;
    if (needed > this.bytes.length) {
      const grown = allocateScratch(Math.max(needed, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, this.position);
      this.bytes = grown;
    }
    return this.position;
  }
}
