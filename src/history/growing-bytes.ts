import { allocateScratch, type Scratch } from '../encoding/scratch-buffer.js';

const INITIAL_BYTES = 4 * 1024;
const GROWTH = 1.5;
/** The longest character in UTF-8, so that a text that is too long shows as such. */
const SLACK_BYTES = 4;

/** What a text is encoded into to be compared: one for all, since nothing is kept in it. */
let scratch = allocateScratch(0);

/** Bytes outside the heap, appended to and never changed. */
export class GrowingBytes {
  #bytes: Scratch = allocateScratch(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Memory that they hold. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Valid until the next `append`. */
  get view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends text as UTF-8. */
  appendText(text: string): void {
    this.#reserve(Buffer.byteLength(text));
    this.#length += this.#bytes.utf8Write(text, this.#length);
  }

  /** Whether they are exactly this text in UTF-8: one native call to encode, one to compare. */
  equalsText(text: string): boolean {
    const length = this.#length;
    if (scratch.length < length + SLACK_BYTES) {
      scratch = allocateScratch(Math.ceil((length + SLACK_BYTES) * GROWTH));
    }
    if (scratch.utf8Write(text, 0) !== length) return false;
    return scratch.compare(this.#bytes, 0, length, 0, length) === 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = allocateScratch(Math.ceil(needed * GROWTH));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
