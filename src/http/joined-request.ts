/** A longer request is written in its pieces: copying it would cost more than writing them. */
const MAX_BYTES = 64 * 1024;

/**
 * Joins the pieces of a request: a write costs a young process more than copying a few kilobytes.
 * One buffer serves every request of a connection, each of which is written before the next begins.
 */
export class JoinedRequest {
  #buffer: Buffer | undefined;

  /** `undefined` for what is too long; good until the next call. `head` is Latin-1. */
  join(head: string, body: readonly Uint8Array[], bodyBytes: number): Buffer | undefined {
    const bytes = head.length + bodyBytes;
    if (bytes > MAX_BYTES) return undefined;
    const buffer = (this.#buffer ??= Buffer.allocUnsafeSlow(MAX_BYTES));
    let at = buffer.write(head, 'latin1');
    for (const piece of body) {
      buffer.set(piece, at);
      at += piece.length;
    }
    return buffer.subarray(0, at);
  }
}
