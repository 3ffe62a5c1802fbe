import { gzip } from 'node:zlib';

/** Below this, the thread pool's round trip costs the main thread more than the bytes are worth. */
const GZIP_FROM_BYTES = 8 * 1024;

/** A body as it is sent. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Joins the pieces of a request and compresses them, off the main thread, where that pays. */
export async function createRequestBody(
  pieces: readonly Uint8Array[],
  compression: 'gzip' | 'none',
): Promise<RequestBody> {
  const plain = Buffer.concat(pieces);
  if (compression === 'none' || plain.length < GZIP_FROM_BYTES)
    return { bytes: plain, headers: {} };
  return new Promise((resolve) => {
    gzip(plain, (error, bytes) => {
      // Only memory can be short here; the plain body needs no more of it.
      if (error !== null) resolve({ bytes: plain, headers: {} });
      else resolve({ bytes, headers: { 'content-encoding': 'gzip' } });
    });
  });
}
