/** Writes an unsigned 32-bit number, lowest byte first; returns the offset behind it. */
export function putFixed32(bytes: Uint8Array, offset: number, value: number): number {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
  return offset + 4;
}
