import { crc32 } from 'node:zlib';

/** One export request on disk: the resource of its own process is in it, so any process can send it. */
export interface SpooledRequest {
  readonly contentType: 'application/x-protobuf' | 'application/json';
  readonly spans: number;
  readonly body: Uint8Array;
}

// Layout, little endian: magic, content type (0 protobuf, 1 JSON), spans, bytes of the body, CRC-32
// of the body; then the body. Whatever a kill left behind fails one of the checks.
const MAGIC = 0x31505343; // "CSP1"
const HEADER_BYTES = 20;
const CONTENT_TYPES = ['application/x-protobuf', 'application/json'] as const;

export function encodeSpoolFile({ contentType, spans, body }: SpooledRequest): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + body.length);
  file.writeUInt32LE(MAGIC, 0);
  file.writeUInt32LE(CONTENT_TYPES.indexOf(contentType), 4);
  file.writeUInt32LE(spans, 8);
  file.writeUInt32LE(body.length, 12);
  file.writeUInt32LE(crc32(body), 16);
  file.set(body, HEADER_BYTES);
  return file;
}

/** Undefined when the file is not whole. */
export function parseSpoolFile(file: Buffer): SpooledRequest | undefined {
  if (file.length < HEADER_BYTES || file.readUInt32LE(0) !== MAGIC) return undefined;
  const contentType = CONTENT_TYPES[file.readUInt32LE(4)];
  const body = file.subarray(HEADER_BYTES);
  if (contentType === undefined || body.length !== file.readUInt32LE(12)) return undefined;
  if (crc32(body) !== file.readUInt32LE(16)) return undefined;
  return { contentType, spans: file.readUInt32LE(8), body };
}
