import { allocateScratch, type Scratch } from '../export/scratch-buffer.js';

/** Half a dozen messages; even, so that no UTF-16 unit is cut in two. */
const PIECE_BYTES = 4 * 1024;
const GROWTH = 1.5;

/** What a text is written into to be compared: one for all, since nothing is kept in it. */
let scratch = allocateScratch(0);

/**
 * Bytes outside the heap, appended to and never changed. In pieces, of which all but the last are
 * full: one buffer that grows leaves several times its size behind, for a full garbage collection
 * that may be far off.
 */
export class GrowingBytes {
  #pieces: Scratch[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Memory that they hold. */
  get capacity(): number {
    return this.#pieces.length * PIECE_BYTES;
  }

  /** All of them, in order. Valid until the next change. */
  get views(): readonly Uint8Array[] {
    const last = this.#pieces.length - 1;
    return this.#pieces.map((piece, index) =>
      index < last ? piece : piece.subarray(0, this.#length - last * PIECE_BYTES),
    );
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
  }

  append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const piece = this.#openPiece();
      const start = this.#length % PIECE_BYTES;
      const part = bytes.subarray(at, at + PIECE_BYTES - start);
      piece.set(part, start);
      this.#length += part.length;
      at += part.length;
    }
  }

  /** Appends text that has no character beyond Latin-1. */
  appendLatin1(text: string): void {
    for (let at = 0; at < text.length;) {
      const piece = this.#openPiece();
      const start = this.#length % PIECE_BYTES;
      const part = text.slice(at, at + PIECE_BYTES - start);
      this.#length += piece.latin1Write(part, start);
      at += part.length;
    }
  }

  appendUtf16(text: string): void {
    for (let at = 0; at < text.length;) {
      const piece = this.#openPiece();
      const start = this.#length % PIECE_BYTES;
      const part = text.slice(at, at + (PIECE_BYTES - start) / 2);
      this.#length += piece.ucs2Write(part, start);
      at += part.length;
    }
  }

  /** Whether they are exactly this text, which has no character beyond Latin-1. */
  equalsLatin1(text: string): boolean {
    reserveScratch(text.length);
    return this.#equalsScratch(scratch.latin1Write(text, 0));
  }

  /** Whether they are exactly this text in UTF-16: one native call to write, one a piece to compare. */
  equalsUtf16(text: string): boolean {
    reserveScratch(text.length * 2);
    return this.#equalsScratch(scratch.ucs2Write(text, 0));
  }

  #equalsScratch(length: number): boolean {
    if (length !== this.#length) return false;
    let at = 0;
    for (const piece of this.#pieces) {
      const end = Math.min(at + PIECE_BYTES, length);
      if (scratch.compare(piece, 0, end - at, at, end) !== 0) return false;
      at = end;
    }
    return true;
  }

  /** The piece that takes the next byte. */
  #openPiece(): Scratch {
    const last = this.#pieces.at(-1);
    if (last !== undefined && this.#length < this.capacity) return last;
    const piece = allocateScratch(PIECE_BYTES);
    this.#pieces.push(piece);
    return piece;
  }
}

function reserveScratch(bytes: number): void {
  if (scratch.length < bytes) scratch = allocateScratch(Math.ceil(bytes * GROWTH));
}
