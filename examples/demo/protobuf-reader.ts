/** Reads protobuf's wire format strictly: whatever a real parser would refuse throws here too. */

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One field of a message: its number and its undecoded value. */
export interface WireField {
  readonly number: number;
  readonly value: bigint | Uint8Array;
}

function readVarint(bytes: Uint8Array, start: number): { value: bigint; next: number } {
  let value = 0n;
  let shift = 0n;
  for (let at = start; at < start + 10; at++) {
    const byte = bytes[at];
    if (byte === undefined) throw new Error(`varint at ${start} runs past the end`);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value: BigInt.asUintN(64, value), next: at + 1 };
    shift += 7n;
  }
  throw new Error(`varint at ${start} is longer than 10 bytes`);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** All fields of a message in wire order; throws when the bytes are not exactly one message. */
export function readFields(bytes: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error(`field at ${at} runs past the end`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = readVarint(bytes, at);
    at = tag.next;
    const number = Number(tag.value >> 3n);
    if (number === 0) throw new Error('field number 0');
    switch (Number(tag.value & 7n)) {
      case 0: {
        const varint = readVarint(bytes, at);
        at = varint.next;
        fields.push({ number, value: varint.value });
        break;
      }
      case 1:
        fields.push({ number, value: littleEndian(take(8)) });
        break;
      case 2: {
        const length = readVarint(bytes, at);
        at = length.next;
        fields.push({ number, value: take(Number(length.value)) });
        break;
      }
      case 5:
        fields.push({ number, value: littleEndian(take(4)) });
        break;
      default:
        throw new Error(`wire type ${tag.value & 7n} of field ${number}`);
    }
  }
  return fields;
}

/** The field as a string; throws on anything that is not well-formed UTF-8. */
export function asText(value: bigint | Uint8Array): string {
  return strictUtf8.decode(asBytes(value));
}

/** The field as bytes; throws when it is a number. */
export function asBytes(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === 'bigint') throw new Error('a number where bytes belong');
  return value;
}

/** The field as an unsigned integer; throws when it is bytes. */
export function asUnsigned(value: bigint | Uint8Array): bigint {
  if (typeof value !== 'bigint') throw new Error('bytes where a number belongs');
  return value;
}

/** The field as lower-case hex. */
export function asHex(value: bigint | Uint8Array): string {
  return Buffer.from(asBytes(value)).toString('hex');
}

/** The field, a fixed64, as the double with these bits. */
export function asDouble(value: bigint | Uint8Array): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, asUnsigned(value));
  return bits.getFloat64(0);
}
