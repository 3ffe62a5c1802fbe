/** One field of a protobuf message. */
export interface ProtobufField {
  readonly number: number;
  /** The value of a varint, undefined for other wire types. */
  readonly varint: number | undefined;
  /** The payload of a length-delimited field, undefined for other wire types. */
  readonly payload: Uint8Array | undefined;
  /** The whole field, tag included, as it stands in the message. */
  readonly bytes: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

class Cursor {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  varint(): number | undefined {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  skip(length: number): boolean {
    this.at += length;
    return this.at <= this.bytes.length;
  }
}

/**
 * The fields of a message, in order. Undefined when the bytes are not exactly one message. Integers
 * beyond 2^53 come rounded.
 */
export function parseProtobufFields(bytes: Uint8Array): ProtobufField[] | undefined {
  const fields: ProtobufField[] = [];
  const cursor = new Cursor(bytes);
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const tag = cursor.varint();
    if (tag === undefined || tag < 8) return undefined;
    let varint: number | undefined;
    let payload: Uint8Array | undefined;
    let whole = true;
    switch (tag % 8) {
      case VARINT:
        varint = cursor.varint();
        whole = varint !== undefined;
        break;
      case FIXED64:
        whole = cursor.skip(8);
        break;
      case FIXED32:
        whole = cursor.skip(4);
        break;
      case LENGTH_DELIMITED: {
        const length = cursor.varint();
        const from = cursor.at;
        whole = length !== undefined && cursor.skip(length);
        payload = bytes.subarray(from, cursor.at);
        break;
      }
      default:
        return undefined;
    }
    if (!whole) return undefined;
    const number = Math.floor(tag / 8);
    fields.push({ number, varint, payload, bytes: bytes.subarray(start, cursor.at) });
  }
  return fields;
}
