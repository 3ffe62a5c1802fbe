/** A field of a protobuf message. */
export interface ProtobufField {
  readonly number: number;
  /** The field with its tag. */
  readonly encoded: Buffer;
  /** What follows its tag, and its length where it has one. */
  readonly content: Buffer;
}

/** Bytes behind the tag, by wire type ("Encoding" in protobuf's documentation). */
const FIXED_BYTES: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
const LENGTH_DELIMITED = 2;

/** The fields of a message in their order. Throws on bytes that are no message. */
export function readFields(message: Buffer): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? fail();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = varint();
    const wireType = tag % 8;
    const length = wireType === LENGTH_DELIMITED ? varint() : FIXED_BYTES[wireType];
    const contentAt = at;
    if (length !== undefined) at += length;
    else if (wireType === 0) varint();
    else fail();
    if (at > message.length) fail();
    fields.push({
      number: Math.floor(tag / 8),
      encoded: message.subarray(start, at),
      content: message.subarray(contentAt, at),
    });
  }
  return fields;
}

function fail(): never {
  throw new RangeError('not a protobuf message');
}
