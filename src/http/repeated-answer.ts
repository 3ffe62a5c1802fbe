import type { ReadAnswer } from './answer-reader.js';

/** A longer answer has something of its own to say. */
const MAX_BYTES = 1024;
/** Everything before and after the value of the first `date` header. */
const AROUND_DATE = /^((?:(?!\r\n\r\n)[^])*?\r\ndate:)[^\r\n]*([^]*)$/i;
const LINE_BREAK = /[\r\n]/;

/**
 * Knows an answer again that says byte for byte what an earlier one said, but for its date: nearly
 * every answer of a collector does, and taking one apart costs ten times as much.
 */
export class RepeatedAnswer {
  #answer: ReadAnswer | undefined;
  #bytes = 0;
  #beforeDate = '';
  #afterDate = '';

  /** `answer` is what came of these bytes alone, all of them. */
  remember(bytes: Buffer, answer: ReadAnswer): void {
    if (bytes.length > MAX_BYTES) return;
    const text = bytes.toString('latin1');
    const [, before = text, after = ''] = AROUND_DATE.exec(text) ?? [];
    this.#answer = answer;
    this.#bytes = bytes.length;
    this.#beforeDate = before;
    this.#afterDate = after;
  }

  /** The remembered answer (its `date`, which nobody asks for, too) when these bytes say the same. */
  find(bytes: Buffer): ReadAnswer | undefined {
    if (bytes.length !== this.#bytes) return undefined;
    const text = bytes.toString('latin1');
    const before = this.#beforeDate;
    const after = this.#afterDate;
    if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
    const date = text.slice(before.length, text.length - after.length);
    return LINE_BREAK.test(date) ? undefined : this.#answer;
  }
}
