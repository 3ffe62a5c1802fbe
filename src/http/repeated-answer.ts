import type { ReadAnswer } from './answer-reader.js';

/** A longer answer has something of its own to say. */
const MAX_BYTES = 1024;
const HEAD_END = '\r\n\r\n';
const DATE_NAME = '\r\ndate:';

/**
 * Knows an answer again that says byte for byte what an earlier one said, but for its date: nearly
 * every answer of a collector does, and taking one apart costs ten times as much.
 */
export class RepeatedAnswer {
  #answer: ReadAnswer | undefined;
  #text = '';
  /** Up to the value of the first `date` header, and on from its end; all and nothing where there is none. */
  #before = '';
  #after = '';

  /** `answer` is what came of these bytes alone, all of them. */
  remember(bytes: Buffer, answer: ReadAnswer): void {
    if (bytes.length > MAX_BYTES) return;
    const text = bytes.toString('latin1');
    // Not in the body; and Latin-1 has as many characters in lower case.
    const nameAt = text.slice(0, text.indexOf(HEAD_END)).toLowerCase().indexOf(DATE_NAME);
    const dateAt = nameAt < 0 ? text.length : nameAt + DATE_NAME.length;
    this.#answer = answer;
    this.#text = text;
    this.#before = text.slice(0, dateAt);
    this.#after = nameAt < 0 ? '' : text.slice(text.indexOf('\r\n', dateAt));
  }

  /** The remembered answer (its `date`, which nobody asks for, too) when these bytes say the same. */
  find(bytes: Buffer): ReadAnswer | undefined {
    if (bytes.length !== this.#text.length) return undefined;
    const text = bytes.toString('latin1');
    return text === this.#text || this.#differsInDate(text) ? this.#answer : undefined;
  }

  #differsInDate(text: string): boolean {
    const dateAt = this.#before.length;
    const dateEnd = text.length - this.#after.length;
    // A line break in a date would make other headers of it.
    return (
      text.startsWith(this.#before) &&
      text.endsWith(this.#after) &&
      text.indexOf('\r', dateAt) === dateEnd &&
      text.indexOf('\n', dateAt) === dateEnd + 1
    );
  }
}
