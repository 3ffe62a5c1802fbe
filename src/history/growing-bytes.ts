import { allocateScratch, type Scratch } from '../encoding/scratch-buffer.js';

const INITIAL_BYTES = 4 * 1024;
const GROWTH = 1.5;

/** What a text is written into to be compared: one for all, since nothing is kept in it. */
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

  clear(): void {
    this.#length = 0;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends text that has no character beyond Latin-1. */
  appendLatin1(text: string): void {
    this.#reserve(text.length);
    this.#length += this.#bytes.latin1Write(text, this.#length);
  }

  appendUtf16(text: string): void {
    this.#reserve(text.length * 2);
    this.#length += this.#bytes.ucs2Write(text, this.#length);
  }

  /** Whether they are exactly this text, which has no character beyond Latin-1. */
  equalsLatin1(text: string): boolean {
    reserveScratch(text.length);
    return this.#equalsScratch(scratch.latin1Write(text, 0));
  }

  /** Whether they are exactly this text in UTF-16: one native call to write, one to compare. */
  equalsUtf16(text: string): boolean {
    reserveScratch(text.length * 2);
    return this.#equalsScratch(scratch.ucs2Write(text, 0));
  }

  #equalsScratch(length: number): boolean {
    return length === this.#length && scratch.compare(this.#bytes, 0, length, 0, length) === 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = allocateScratch(Math.ceil(needed * GROWTH));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

function reserveScratch(bytes: number): void {
  if (scratch.length < bytes) scratch = allocateScratch(Math.ceil(bytes * GROWTH));
}
