/** The largest value that takes one byte. */
export const MAX_ONE_BYTE = 0x7f;

/** Bytes that `value`, a non-negative safe integer, takes as a varint. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  let bytes = 4;
  for (let rest = Math.floor(value / 0x10000000); rest > 0; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes a non-negative safe integer as a varint; returns the offset behind it. */
export function putVarint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}
