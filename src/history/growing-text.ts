import { GrowingBytes } from './growing-bytes.js';

/** Found at once in text of one byte per character, since the engine knows that it cannot be there. */
const BEYOND_LATIN1 = /[\u0100-\uffff]/;

/**
 * Text outside the heap, as wide as it would be on it: to write it there and to compare it is then a
 * copy and a comparison of memory. UTF-8 would be neither, except for ASCII.
 */
export class GrowingText {
  readonly #bytes = new GrowingBytes();
  #length = 0;
  #isWide = false;

  /** In UTF-16 code units. */
  get length(): number {
    return this.#length;
  }

  /** Memory that it holds, in bytes. */
  get capacity(): number {
    return this.#bytes.capacity;
  }

  /** Whether it is exactly this text. */
  equals(text: string): boolean {
    if (text.length !== this.#length) return false;
    if (this.#isWide) return this.#bytes.equalsUtf16(text);
    return !BEYOND_LATIN1.test(text) && this.#bytes.equalsLatin1(text);
  }

  /** Makes it longer: `text`, which it begins. */
  growTo(text: string): void {
    const added = text.slice(this.#length);
    this.#length = text.length;
    if (this.#isWide) {
      this.#bytes.appendUtf16(added);
    } else if (BEYOND_LATIN1.test(added)) {
      this.#isWide = true;
      this.#bytes.clear();
      this.#bytes.appendUtf16(text);
    } else {
      this.#bytes.appendLatin1(added);
    }
  }
}
