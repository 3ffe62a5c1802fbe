/** Longest line between chunks that is read: its size, and extensions that nobody uses. */
const MAX_LINE_BYTES = 1024;
const LINE_FEED = 0x0a;

/** Takes a chunked body apart, however the bytes arrive (RFC 9112, section 7.1). */
export class ChunkedBody {
  /** What is read next: a line with a size, so many bytes of a chunk, the line behind it, the end. */
  #next: 'size' | 'data' | 'dataEnd' | 'trailer' = 'size';
  #line = '';
  #left = 0;

  /**
   * Gives the bytes of chunks to `take`. Answers where in `bytes` the body has ended, `undefined`
   * while it has not, and -1 when these are no chunks.
   */
  read(bytes: Buffer, take: (data: Buffer) => void): number | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#next === 'data') {
        const end = Math.min(bytes.length, at + this.#left);
        take(bytes.subarray(at, end));
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#next = 'dataEnd';
        continue;
      }
      const lineEnd = bytes.indexOf(LINE_FEED, at);
      const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
      this.#line += bytes.toString('latin1', at, end);
      if (this.#line.length > MAX_LINE_BYTES) return -1;
      at = end;
      if (lineEnd < 0) return undefined;
      const isOver = this.#takeLine();
      if (isOver === undefined) return -1;
      if (isOver) return at;
    }
    return undefined;
  }

  /** Whether the body is over with this line; `undefined` when the line is not what had to come. */
  #takeLine(): boolean | undefined {
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) return undefined;
    const isEmpty = line.length === 2;
    if (this.#next === 'trailer') return isEmpty;
    if (this.#next === 'dataEnd') {
      this.#next = 'size';
      return isEmpty ? false : undefined;
    }
    const size = /^([\da-f]{1,12})[ \t]*(?:;|\r)/i.exec(line)?.[1];
    if (size === undefined) return undefined;
    this.#left = Number.parseInt(size, 16);
    this.#next = this.#left === 0 ? 'trailer' : 'data';
    return false;
  }
}
