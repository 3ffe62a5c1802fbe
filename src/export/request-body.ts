import { gzip } from 'node:zlib';

/** Below this, the thread pool's round trip costs the main thread more than the bytes are worth. */
const GZIP_FROM_BYTES = 8 * 1024;

/** A body as it is sent. */
export interface RequestBody {
  /** Joined where they are written, if at all. */
  readonly pieces: readonly Uint8Array[];
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** Compresses the pieces of a request, off the main thread, where that pays. */
export async function createRequestBody(
  pieces: readonly Uint8Array[],
  compression: 'gzip' | 'none',
): Promise<RequestBody> {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  const plain = { pieces, bytes, headers: {} };
  if (compression === 'none' || bytes < GZIP_FROM_BYTES) return plain;
  return new Promise((resolve) => {
    gzip(Buffer.concat(pieces, bytes), (error, zipped) => {
      // Only memory can be short here; the plain body needs no more of it.
      if (error !== null) resolve(plain);
      else {
        const headers = { 'content-encoding': 'gzip' };
        resolve({ pieces: [zipped], bytes: zipped.length, headers });
      }
    });
  });
}
